"""The verifier as a program of its own: what it reads, what it says, and how it ends."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from modelkeep.client import verify_audit
from modelkeep.client.verify_audit import Key, UnverifiableError, main, read_checkpoints, read_receipts
from modelkeep.domains.audit.domain.checkpoints import (
    Checkpoint,
    InclusionProof,
    cosignature_payload,
    cosigned_message,
)
from modelkeep.domains.audit.domain.signed_notes import COSIGNATURE, ED25519, NoteSignature, SignedNote, VerifierKey
from modelkeep.kernel.merkle import Node, fold, grown, inclusion_spans, leaf_hash, span
from modelkeep.platform.signing import public_half, sign

SEED, WITNESS_SEED, OTHER_SEED, SECOND_SEED = (bytes([number]) * 32 for number in (1, 2, 3, 4))
LOG = VerifierKey("example.org/log", ED25519, public_half(SEED))
WITNESS = VerifierKey("witness.example.org", COSIGNATURE, public_half(WITNESS_SEED))
SECOND = VerifierKey("second.example.org", COSIGNATURE, public_half(SECOND_SEED))
OTHER = VerifierKey("example.org/log", ED25519, public_half(OTHER_SEED))
LEAVES = [
    json.dumps(
        {"seq": seq, "ts": f"2026-11-16T09:00:0{seq}Z", "action": "a.b", "actor": {}, "pii_commitments": {}}
    ).encode()
    for seq in range(7)
]
FORGED = LEAVES[0].replace(b"a.b", b"a.c")
NODES = grown(0, [leaf_hash(leaf) for leaf in LEAVES], {})


def note(
    size: int,
    *,
    seed: bytes = SEED,
    key: VerifierKey = LOG,
    witnesses: Sequence[VerifierKey] = (),
    nodes: Mapping[Node, bytes] = NODES,
) -> SignedNote:
    text = Checkpoint(LOG.name, size, fold(span(0, size), nodes)).text
    lines = [NoteSignature(key.name, key.id, sign(seed, text.encode()))]
    for witness in witnesses:
        seed = WITNESS_SEED if witness == WITNESS else SECOND_SEED
        payload = cosignature_payload(1_700_000_000, sign(seed, cosigned_message(1_700_000_000, text)))
        lines.append(NoteSignature(witness.name, witness.id, payload))
    return SignedNote(text).signed(*lines)


def line(seq: int, leaf: bytes | None = None) -> dict[str, Any]:
    leaf = LEAVES[seq] if leaf is None else leaf
    return {"seq": seq, "leaf": base64.b64encode(leaf).decode(), "leaf_hash": leaf_hash(leaf).hex()}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write(tmp_path, [line(seq) for seq in range(7)])
    (tmp_path / "checkpoint").write_text(str(note(7, witnesses=[WITNESS])))
    return tmp_path


def write(folder: Path, lines: list[dict[str, Any]]) -> None:
    (folder / "export.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))


def run(folder: Path, *options: str, vkey: str = str(LOG)) -> int:
    return main([str(folder / "export.jsonl"), str(folder / "checkpoint"), "--vkey", vkey, *options])


def test_a_log_that_is_whole_holds(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--witness-key", str(WITNESS)) == 0
    said = capsys.readouterr().out
    assert "7 entries read" in said
    assert "the first 7 are those that were signed" in said
    assert "witnesses saw 7 entries" in said
    assert said.endswith("everything holds\n")


def test_it_runs_alone_as_one_file(files: Path) -> None:
    alone = files / "verify_audit.py"
    alone.write_text(Path(verify_audit.__file__).read_text("utf-8"), "utf-8")
    names = [str(files / "export.jsonl"), str(files / "checkpoint")]
    command = [sys.executable, "-I", "-W", "error", str(alone), *names, "--vkey", str(LOG)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=files)
    assert (done.returncode, done.stderr) == (0, "")
    assert "modelkeep." not in alone.read_text("utf-8").replace("`modelkeep", "")


def test_what_was_changed_is_said_by_entry_and_as_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(files, [line(seq) | ({"leaf": base64.b64encode(b"{}").decode()} if seq == 3 else {}) for seq in range(7)])
    assert run(files) == 1
    assert "CHANGED  entry 3: the entry is not the one that was hashed" in capsys.readouterr().out
    assert run(files, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["holds"], report["found"], report["faults"][0]["seq"]) == (False, 1, 3)


def pruned(files: Path, gone: Sequence[int], before_seq: int) -> None:
    """Write an export whose last entry says that the entries below a number were pruned."""
    said = json.loads(LEAVES[6]) | {"action": "audit.entries_pruned", "data": {"before_seq": before_seq}}
    leaf = json.dumps(said).encode()
    nodes = grown(0, [leaf_hash(each) for each in (*LEAVES[:6], leaf)], {})
    (files / "checkpoint").write_text(str(note(7, nodes=nodes)))
    entries = [*(line(seq) for seq in range(6)), line(6, leaf)]
    write(files, [entry | ({"leaf": None} if entry["seq"] in gone else {}) for entry in entries])


def test_an_entry_without_its_body_is_still_in_the_tree(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pruned(files, [0, 1, 2], 3)
    assert run(files) == 0
    assert "3 of them without their body" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("gone", "before_seq", "hidden"),
    [
        ([0, 1, 3, 5], 2, [3, 5]),
        ([0, 1, 2, 3, 4], 3, [3, 4]),
        ([0, 1, 6], 7, [0, 1, 6]),
        ([5], 0, [5]),
    ],
    ids=["between", "beyond", "unsaid", "none"],
)
def test_a_body_that_no_retention_let_go_is_missed(
    files: Path, capsys: pytest.CaptureFixture[str], gone: list[int], before_seq: int, hidden: list[int]
) -> None:
    pruned(files, gone, before_seq)
    assert run(files) == 1
    said = capsys.readouterr().out
    assert said.count("CHANGED") == len(hidden)
    for seq in hidden:
        assert f"entry {seq}: it has no body, and no entry says that retention let it go" in said


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([line(0), line(1), line(3)], "entries 2 to 2 are not there"),
        ([line(0), line(2), line(1)], "it comes after entry 2"),
        ([line(0), line(1, LEAVES[2])], "the leaf is that of entry 2"),
        ([line(0), {"seq": 1}], "line 2 is no entry"),
        ([line(0), line(1, b'{"seq": 1}')], "the leaf is not of this log's format"),
        ([line(0), line(1, LEAVES[1].replace(b"09:00", b"08:00"))], "before that of an earlier entry"),
        ([line(seq) for seq in range(6)], "7 entries were signed, and there are 6"),
        ([], "7 entries were signed, and there are 0"),
        (
            [line(0, LEAVES[0].replace(b"a.b", b"a.c")), *(line(seq) for seq in range(1, 7))],
            "entries 0 to 6 are not those",
        ),
    ],
    ids=["gap", "order", "renumbered", "malformed", "format", "time", "shorter", "empty", "rewritten"],
)
def test_each_thing_that_can_be_wrong_is_said(
    files: Path, capsys: pytest.CaptureFixture[str], lines: list[dict[str, Any]], what: str
) -> None:
    write(files, lines)
    assert run(files) == 1
    assert what in capsys.readouterr().out


def test_of_many_checkpoints_each_is_compared(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "checkpoint").write_text("\n".join(str(note(size)) for size in (1, 3, 4, 7)))
    assert len(list(read_checkpoints((files / "checkpoint").read_text().splitlines()))) == 4
    assert run(files) == 0
    changed = line(3, LEAVES[3].replace(b"a.b", b"a.c"))
    write(files, [changed if seq == 3 else line(seq) for seq in range(7)])
    assert run(files) == 1
    said = capsys.readouterr().out
    assert "CHANGED  entry 3: entries 3 to 3 are not those that were signed" in said
    assert said.count("CHANGED") == 1


@pytest.mark.parametrize(
    ("signed", "vkey", "what"),
    [
        (note(7, seed=OTHER_SEED), str(LOG), "not of its text"),
        (note(7), str(OTHER), "not signed by a key that was named"),
        (note(7), f"{LOG}@0-6", "counts for this size"),
        (note(7), f"{LOG}@8-", "counts for this size"),
    ],
    ids=["forged", "stranger", "retired", "early"],
)
def test_a_checkpoint_that_nobody_vouches_for_is_refused(
    files: Path, capsys: pytest.CaptureFixture[str], signed: SignedNote, vkey: str, what: str
) -> None:
    (files / "checkpoint").write_text(str(signed))
    assert run(files, vkey=vkey) == 1
    assert what in capsys.readouterr().out


def test_a_key_counts_for_its_sizes(files: Path) -> None:
    assert run(files, vkey=f"{LOG}@0-7") == 0
    assert run(files, vkey=f"{LOG}@7-") == 0


def test_the_signature_of_a_witness_is_asked_for(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "checkpoint").write_text(str(note(7)))
    assert run(files, "--witness-key", str(WITNESS)) == 1
    assert "witness.example.org did not sign the checkpoint of 7 entries" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("notes", "lacks"),
    [
        ([note(1, witnesses=[WITNESS, SECOND]), note(7)], "witness.example.org, second.example.org"),
        ([note(1, witnesses=[SECOND]), note(7, witnesses=[WITNESS])], "second.example.org"),
        ([note(7, witnesses=[SECOND]), note(7, witnesses=[WITNESS])], None),
        ([note(1), note(7, witnesses=[WITNESS, SECOND])], None),
    ],
    ids=["both-old", "one-old", "two-notes", "one-note"],
)
def test_every_witness_that_is_named_has_signed_the_checkpoint_of_most_entries(
    files: Path, capsys: pytest.CaptureFixture[str], notes: list[SignedNote], lacks: str | None
) -> None:
    (files / "checkpoint").write_text("\n".join(map(str, notes)))
    code = run(files, "--witness-key", str(WITNESS), "--witness-key", str(SECOND))
    said = capsys.readouterr().out
    assert (code, "witnesses saw 7 entries" in said) == ((0, True) if lacks is None else (1, False))
    assert lacks is None or f"CHANGED  {lacks} did not sign the checkpoint of 7 entries" in said


@pytest.mark.parametrize("notes", ["", "\n", str(note(0))], ids=["empty", "blank", "of-nothing"])
def test_without_a_checkpoint_of_an_entry_nothing_is_verified(
    files: Path, capsys: pytest.CaptureFixture[str], notes: str
) -> None:
    (files / "checkpoint").write_text(notes)
    assert run(files) == 2
    assert capsys.readouterr().out == ""


def test_two_checkpoints_that_cannot_both_be_true_are_a_fork(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Checkpoint(LOG.name, 7, sha256(b"other").digest()).text
    forked = SignedNote(other).signed(NoteSignature(LOG.name, LOG.id, sign(SEED, other.encode())))
    (files / "checkpoint").write_text(f"{note(7)}\n{forked}")
    assert run(files) == 1
    assert "there are two logs" in capsys.readouterr().out


def test_a_proof_is_verified_without_an_export(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = tuple(fold(parts, NODES) for parts in inclusion_spans(5, 7))
    proof = InclusionProof(5, NODES[Node(0, 5)], LEAVES[5], hashes, 7, note(7))
    (files / "5.tlog-proof").write_text(proof.file)
    (files / "receipts").write_text(json.dumps({"audit": {"seq": 5, "leaf_hash": NODES[Node(0, 5)].hex()}}, indent=2))
    options = ["--proof", str(files / "5.tlog-proof"), "--vkey", str(LOG), "--receipts", str(files / "receipts")]
    assert main(options) == 0
    assert "1 receipts, 1 proofs" in capsys.readouterr().out
    (files / "5.tlog-proof").write_text(proof.file.replace("index 5", "index 4"))
    assert main(options) == 1
    (files / "5.tlog-proof").write_text("c2sp.org/tlog-proof@v1\nindex 4\n")
    assert main(options) == 2


def test_what_cannot_be_verified_ends_with_2(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(files / "export.jsonl"), "--vkey", str(LOG)]) == 2
    assert main([str(files / "absent"), str(files / "checkpoint"), "--vkey", str(LOG)]) == 2
    assert run(files, vkey="nonsense") == 2
    (files / "checkpoint").write_text("nonsense\n")
    assert run(files) == 2
    assert "could not be verified" in capsys.readouterr().err


def test_receipts_are_read_as_the_command_line_writes_them() -> None:
    text = '{"seq": 1, "leaf_hash": "aa"}\n{"audit": {"seq": 2, "leaf_hash": "bb"}, "name": "x"}\n{"audit": null}\n'
    assert read_receipts(text) == {1: "aa", 2: "bb"}
    with pytest.raises(UnverifiableError):
        read_receipts("[1]")


def test_a_damaged_key_is_refused() -> None:
    with pytest.raises(UnverifiableError, match="damaged"):
        Key.parse(str(LOG).replace("example", "sample"))
