"""The number of a version follows from what its files say, and must not say less."""

import json
from pathlib import Path

import pytest
from tests.builders import SCORER, a_model, a_version, register, stored_content
from tests.inspecting import inspect_all

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.domains.catalog import NewVersion, VersionRecord
from modelkeep.domains.catalog.domain.errors import StepTooSmallError
from modelkeep.domains.catalog.domain.versioning import AUTO_NOTE
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.semver import Version
from modelkeep.platform.sandbox import StoppedError

GEMM = (Path(__file__).parents[2] / "model_files" / "gemm.onnx").read_bytes()
ANOTHER_INPUT = GEMM.replace(b"\x0a\x01x", b"\x0a\x01z")
ANOTHER_PRODUCER = GEMM.replace(b"zoo", b"ZOO")


def weights(**shapes: tuple[int, ...]) -> dict[str, bytes]:
    """A safetensors file of float32 tensors."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4
        for extent in shape:
            size *= extent
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return {"model.safetensors": len(text).to_bytes(8, "little") + text + bytes(end)}


@pytest.fixture(autouse=True)
def _model(services: Services, admin: Actor) -> None:
    a_model(services, admin)


def test_auto_chooses_by_the_files_and_tells_why(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"model.onnx": GEMM})
    same = register(services, admin, files={"model.onnx": ANOTHER_PRODUCER}).value
    assert str(same.version.version) == "1.0.1"
    assert same.notes == ("bump auto chose patch", "inputs, outputs and architecture are the same")
    other = register(services, admin, files={"model.onnx": ANOTHER_INPUT}).value
    assert str(other.version.version) == "2.0.0"
    assert other.notes[0] == "bump auto chose major"
    assert "major: the input x is gone" in other.notes


def test_a_server_that_stops_reads_no_files_and_registers_nothing_unread(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"model.onnx": GEMM})
    services.inspections.stopping.set()
    with pytest.raises(StoppedError):
        register(services, admin, files={"model.onnx": ANOTHER_INPUT})


def test_inspected_content_is_not_read_again(services: Services, admin: Actor) -> None:
    a_version(services, admin, files=weights(w=(4, 3)))
    inspect_all(services)
    grown = register(services, admin, files=weights(w=(4, 3), b=(3,))).value
    assert str(grown.version.version) == "2.0.0"
    assert "major: 1 tensor is new: b" in grown.notes


@pytest.mark.parametrize("asked", ["patch", "minor", "1.0.7"])
def test_a_version_that_says_too_little_is_refused(services: Services, admin: Actor, asked: str) -> None:
    a_version(services, admin, files=weights(w=(4, 3)))
    with pytest.raises(StepTooSmallError, match="1 tensor is of another shape: w") as refused:
        register(services, admin, files=weights(w=(4, 8)), version=asked)
    assert refused.value.kind is Kind.BLOCKED
    assert refused.value.details["needed"] == "major"
    assert str(register(services, admin, files=weights(w=(4, 8)), version="major").value.version.version) == "2.0.0"


def test_a_reason_makes_it_pass_and_is_kept_in_the_log(services: Services, admin: Actor) -> None:
    a_version(services, admin, files=weights(w=(4, 3)))
    plan = stored_content(services, admin, weights(w=(4, 8)))
    new = NewVersion(
        plan.upload.manifest_digest,
        VersionRecord(),
        plan.upload.id,
        version=Version.parse("1.1.0"),
        forced="nobody uses it yet",
    )
    forced = services.registration.register(admin, SCORER, new).value
    assert forced.notes[0] == "1.1.0 was forced, though the content asks for a major step"
    entry = services.audit_reader.read(BEFORE_ALL, 500)[-1]
    assert "forced_version" in entry.commitments
    assert "nobody uses it yet" not in entry.leaf.decode()


def test_an_older_line_is_compared_with_the_version_below(services: Services, admin: Actor) -> None:
    a_version(services, admin, files=weights(w=(4, 3)), version="1.2.0")
    a_version(services, admin, files=weights(w=(9, 9)), version="2.0.0")
    fixed = weights(w=(4, 3))["model.safetensors"][:-4] + b"\1\2\3\4"
    assert register(services, admin, files={"model.safetensors": fixed}, version="1.2.1").value.notes == ()
    with pytest.raises(StepTooSmallError):
        register(services, admin, files=weights(w=(1, 1)), version="1.2.2")


def test_a_pre_release_promises_nothing(services: Services, admin: Actor) -> None:
    a_version(services, admin, files=weights(w=(4, 3)))
    a_version(services, admin, files=weights(w=(4, 8)), version="1.1.0-rc.1")
    assert str(register(services, admin, files=weights(w=(4, 9))).value.version.version) == "2.0.0"


def test_files_that_tell_nothing_are_taken_as_they_are(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"weights.bin": b"unknown"})
    assert register(services, admin, files={"weights.bin": b"others"}).value.notes == (AUTO_NOTE,)
    assert register(services, admin, files=weights(w=(1,)), version="patch").value.notes == ()
