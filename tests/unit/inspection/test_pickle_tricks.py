"""What a pickle may try so that its names, or its bytes, are not seen."""

import io
import pickle
import struct
import time
import zipfile

import pytest
from tests.unit.inspection.containers import npy, tarred, torch, zipped
from tests.unit.inspection.gadgets import by_line, by_stack, joblib_array, short, text

from modelkeep.domains.inspection.domain.pickles.allow_list import SHIPPED, AllowList, is_dangerous
from modelkeep.domains.inspection.domain.pickles.inspection import inspect_pickles
from modelkeep.domains.inspection.domain.pickles.memo import Memo
from modelkeep.domains.inspection.domain.pickles.streams import ByteStream
from modelkeep.domains.inspection.domain.pickles.values import Global
from modelkeep.domains.inspection.domain.scanning import scan
from modelkeep.domains.inspection.domain.verdicts import Verdict
from modelkeep.kernel.errors import InvalidValueError

BAD = by_stack("os", "system")
GAPS = b"".join(b"Nr" + struct.pack("<I", 9 + 2 * key) + b"0" for key in range(100_001))
WRAPPER = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n"


def rules(data: bytes) -> set[str]:
    return {finding.rule for finding in inspect_pickles(ByteStream(io.BytesIO(data)), "m.pkl", AllowList()).findings}


def verdict(name: str, data: bytes) -> Verdict:
    return scan(io.BytesIO(data), name, AllowList()).verdict


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("pickle.extension", b"\x80\x02\x82\x01."),
        ("pickle.extension", b"\x80\x02\x84\x01\x00\x00\x00."),
        ("pickle.hidden_name", b"\x80\x04cbuiltins\nstr\nX\x02\x00\x00\x00os\x85R" + short("system") + b"\x93."),
        ("pickle.hidden_name", b"\x80\x04" + text("o" * 600) + short("system") + b"\x93."),
        ("pickle.hidden_call", b"\x80\x04ccollections\nOrderedDict\n)R)R."),
        ("pickle.changed_class", b"\x80\x04csklearn.svm._classes\nSVC\n}" + text("predict") + b"Nsb."),
        ("pickle.changed_class", b"\x80\x04ccollections\nOrderedDict\nK\x01K\x02s."),
        ("pickle.changed_class", b"\x80\x04ccollections\nOrderedDict\nNa."),
        ("pickle.hidden_array", b"\x80\x04" + WRAPPER + b")R."),
        ("pickle.hidden_array", b"\x80\x04ccopyreg\n_reconstructor\n(" + WRAPPER + b"cbuiltins\nobject\nNtR."),
        ("pickle.hidden_array", b"\x80\x04]" + WRAPPER + b"a."),
        ("pickle.unclear", b"\x80\x04" + WRAPPER + b")\x81}b."),
        ("pickle.malformed", b"\x80\x06N."),
        ("pickle.malformed", b"\x80\x04h\x00."),
        ("pickle.malformed", b"\x80\x04]K\x01\x93."),
        ("pickle.limit", b"\x80\x04" + GAPS),
    ],
)  # fmt: skip
def test_what_no_honest_pickle_does_is_a_finding(rule: str, data: bytes) -> None:
    assert rule in rules(data)


def test_a_dtype_that_is_changed_afterwards_is_not_believed() -> None:
    honest = joblib_array(bytes(8) + b".", 8)
    assert rules(honest) == set()
    twice = honest.replace(b"K\x00tb" + text("allow_mmap"), b"K\x00tb(K\x03" + text("|") + b"NNNJ\xff\xff\xff\xff" * 1
                           + b"J\xff\xff\xff\xffK?tb" + text("allow_mmap"))  # fmt: skip
    assert rules(twice) & {"pickle.unclear", "pickle.malformed"}


@pytest.mark.parametrize("flags", [b"K?", b"K\x01"])
def test_an_array_of_numbers_that_says_it_holds_objects_is_not_followed(flags: bytes) -> None:
    data = joblib_array(BAD + b".", 8, padding=b"").replace(
        b"K\x00tb" + text("allow_mmap"), flags + b"tb" + text("allow_mmap")
    )
    assert "pickle.unclear" in rules(data)


def test_a_pickle_within_a_pickle_within_a_pickle_has_an_end() -> None:
    data = BAD
    for _ in range(5):
        data = pickle.dumps(data)
    assert verdict("m.pkl", data) is not Verdict.PASS


def test_a_text_of_many_lines_within_is_no_pickle() -> None:
    assert rules(pickle.dumps({"tree": "count\nname\n" * 1000, "vocabulary": b"cat\ndog\n" * 1000})) == set()


def test_other_formats_are_looked_at_as_pickles_too() -> None:
    line = by_line("os", "system")
    assert verdict("readme.txt", line) is Verdict.MALICIOUS
    assert verdict("m.safetensors", b"N0" + line) is Verdict.MALICIOUS
    named = zipped({"\n0" + line.decode(): b""})
    assert verdict("m.zip", named) is not Verdict.PASS


def test_a_zip_behind_another_format_is_opened() -> None:
    hidden = b"\x80\x04N." + zipped({"a.pkl": BAD})
    assert verdict("m.pkl", hidden) is Verdict.MALICIOUS
    assert verdict("m.npy", npy(bytes(8), "'<f8'") + zipped({"a.pkl": BAD})) is Verdict.MALICIOUS
    assert verdict("m.txt", b"text" + zipped({"a.txt": b"text"})) is Verdict.SUSPICIOUS


def test_broken_and_ambiguous_archives_do_not_pass() -> None:
    good = torch(b"\x80\x02N.")
    assert verdict("m.pt", good) is Verdict.PASS
    twice = io.BytesIO(good)
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("archive/data.pkl", b"\x80\x02N.")
    assert verdict("m.pt", twice.getvalue()) is Verdict.SUSPICIOUS
    wrong_sum = good.replace(b"\x80\x02N.", b"\x80\x02K\x00", 1)
    assert verdict("m.pt", wrong_sum) is Verdict.INCONCLUSIVE
    encrypted = good.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00", 1)
    assert verdict("m.pt", encrypted) is Verdict.INCONCLUSIVE
    assert verdict("m.tar", tarred({"../escape.txt": b"text"})) is Verdict.SUSPICIOUS


def test_a_memo_counts_as_an_unpickler_does() -> None:
    memo = Memo()
    memo.put(3, "three")
    memo.append("one")
    memo.append("two")
    memo.put(0, "zero")
    memo.append("four")
    assert [memo.get(key) for key in (0, 1, 2, 3, 4)] == ["zero", "one", "two", "three", "four"]


def test_nothing_dangerous_is_allowed() -> None:
    assert not [name for name in SHIPPED if is_dangerous(Global(*name.rsplit(".", 1)))]


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "system", "a b.c", "posix.*", "pickle.loads", ""])
def test_what_runs_code_cannot_be_allowed(name: str) -> None:
    with pytest.raises(InvalidValueError):
        AllowList.parse([name])


def test_a_long_pickle_takes_bounded_time() -> None:
    started = time.process_time()
    assert rules(b"\x80\x04" + b"N0" * 500_000 + b"N.") == set()
    assert time.process_time() - started < 5
