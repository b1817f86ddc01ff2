"""Files of honest people: which pass, and which do not though they are honest."""

import collections
import datetime as dt
import gzip
import io
import json
import pickle
import struct
from collections.abc import Mapping
from typing import Final

import pytest
from tests.unit.inspection.containers import npy, tarred, torch, zipped
from tests.unit.inspection.gadgets import joblib_array, text

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.scanning import ScanReport, scan
from modelkeep.domains.inspection.domain.verdicts import FormatPolicy, Verdict

DATA, CODE, UNKNOWN = FormatPolicy.DATA_ONLY, FormatPolicy.CODE_CAPABLE, FormatPolicy.UNKNOWN
VALUES: Final = {
    "numbers": [1, -1, 2.5, 2**100, True, None, complex(1, 2)],
    "texts": ("a", "b" * 5000, b"c" * 100, bytearray(b"d")),
    "sets": {frozenset({1, 2})},
    "ordered": collections.OrderedDict(a=1),
    "counted": collections.Counter("abc"),
    "day": dt.date(2026, 1, 2),
}
ESTIMATOR: Final = b"\x80\x04csklearn.linear_model._logistic\nLogisticRegression\n)\x81}" + text("C") + b"K\x01sb."
TENSORS: Final = (
    b"\x80\x02ccollections\nOrderedDict\n)R" + text("weight") + b"ctorch._utils\n_rebuild_tensor_v2\n(("
    + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu")
    + b"K\x10tQK\x00K\x04K\x04\x86K\x04K\x01\x86\x89"
    + b"ccollections\nOrderedDict\n)RtRs."
)  # fmt: skip
MODULE: Final = b"\x80\x02cmy_company.networks\nTransformer\n)\x81}" + text("training") + b"\x89sb."
SAFETENSORS: Final = struct.pack("<Q", 2) + b"{}"

BENIGN: Final[Mapping[str, tuple[str, bytes, FormatPolicy, Verdict]]] = {
    **{f"protocol {p}": ("m.pkl", pickle.dumps(VALUES, p), CODE, Verdict.PASS) for p in range(6)},
    "an estimator": ("m.pkl", ESTIMATOR, CODE, Verdict.PASS),
    "an estimator in gzip": ("m.pkl.gz", gzip.compress(ESTIMATOR), CODE, Verdict.PASS),
    "an array of joblib": ("m.joblib", joblib_array(bytes(range(200)) + b".", 200), CODE, Verdict.PASS),
    "tensors of PyTorch": ("m.pt", torch(TENSORS), CODE, Verdict.PASS),
    "pickled values in a pickle": ("m.pkl", pickle.dumps(pickle.dumps(VALUES)), CODE, Verdict.PASS),
    "numbers of NumPy": ("a.npy", npy(bytes(8), "'<f8'"), DATA, Verdict.PASS),
    "arrays of NumPy": ("a.npz", zipped({"x.npy": npy(bytes(8), "'<f8'")}), DATA, Verdict.PASS),
    "safetensors": ("m.safetensors", SAFETENSORS, DATA, Verdict.PASS),
    "a text": ("README.md", b"cat\ndog\nRabbit\n", DATA, Verdict.PASS),
    "a tar of texts": ("m.tar", tarred({"a.json": b"{}", "b/c.txt": b"text"}), DATA, Verdict.PASS),
    "classes of a company": ("m.pt", torch(MODULE), CODE, Verdict.SUSPICIOUS),
    "what follows after a pickle": ("m.pkl", ESTIMATOR + b"\xff\xff", CODE, Verdict.INCONCLUSIVE),
    "half a pickle": ("m.pkl", ESTIMATOR[:-20], CODE, Verdict.INCONCLUSIVE),
    "half a zip": ("m.pt", torch(TENSORS)[:-60], UNKNOWN, Verdict.INCONCLUSIVE),
    "nothing": ("m.pkl", b"", CODE, Verdict.INCONCLUSIVE),
    "an unknown format": ("m.xyz", b"12345", UNKNOWN, Verdict.INCONCLUSIVE),
    "LZ4": ("m.pkl.lz4", b"\x04\x22\x4d\x18" + bytes(20), UNKNOWN, Verdict.INCONCLUSIVE),
    "a bomb": ("m.pkl.gz", gzip.compress(bytes(20_000_000)), UNKNOWN, Verdict.INCONCLUSIVE),
    "code of TorchScript": (
        "m.pt",
        zipped({"a/data.pkl": TENSORS, "a/code/x.py": b"x", "a/constants.pkl": ESTIMATOR}),
        UNKNOWN,
        Verdict.INCONCLUSIVE,
    ),
}


@pytest.mark.parametrize("sample", BENIGN)
def test_honest_files_are_judged_as_the_table_says(sample: str) -> None:
    name, data, policy, verdict = BENIGN[sample]
    report = scanned(name, data)
    assert (report.policy, report.verdict) == (policy, verdict), report.findings


def test_a_name_that_an_operator_adds_passes() -> None:
    allowed = AllowList.parse(["my_company.networks.Transformer"])
    assert scan(io.BytesIO(torch(MODULE)), "m.pt", allowed).verdict is Verdict.PASS
    assert allowed.digest != AllowList().digest


def test_findings_survive_json() -> None:
    finding = scanned("m\udcff\n.pt", torch(MODULE)).findings[0]
    assert type(finding).read(json.loads(json.dumps(finding.to_json()))) == finding
    assert finding.path == "m\\udcff .pt!archive/data.pkl"


def scanned(name: str, data: bytes) -> ScanReport:
    return scan(io.BytesIO(data), name, AllowList())
