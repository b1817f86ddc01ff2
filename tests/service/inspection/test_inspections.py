"""The content of each version is inspected once, after it was registered, and again when somebody asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.inspecting import inspect_all
from tests.people import somebody

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import BEFORE_ALL, Entry
from modelkeep.domains.inspection import Field, Signature, Verdict, inspection_of
from modelkeep.domains.inspection.domain.inspections import NotInspectedError
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.platform.sandbox import Limits, Outcome, Sandbox, Source

FILES = Path(__file__).parents[2] / "model_files"
FIRST = Reference.parse(f"{SCORER}:1.0.0")


def a_file(name: str) -> bytes:
    return (FILES / name).read_bytes()


def entries(services: Services, action: str) -> list[Entry]:
    return [entry for entry in services.audit_reader.read(BEFORE_ALL, 500) if entry.action == action]


@pytest.fixture(autouse=True)
def _model(services: Services, admin: Actor) -> None:
    a_model(services, admin)


def test_a_version_is_inspected_after_its_registration(services: Services, admin: Actor) -> None:
    version = a_version(services, admin, files={"model.onnx": a_file("gemm.onnx"), "README.md": b"# Gemm"})
    with pytest.raises(NotInspectedError, match="not inspected yet"):
        services.inspections.get(admin, FIRST)
    assert inspect_all(services) == 1
    found = services.inspections.get(admin, FIRST)
    assert (found.format, found.facts.parameter_count, found.tensor_count) == ("onnx", 15, 2)
    assert found.facts.signature == Signature(
        (Field("x", "float32", ("batch", 4)),), (Field("y", "float32", ("batch", 3)),)
    )
    assert [(one.path, one.size) for one in found.contents.files] == [("model.onnx", 191)]
    assert found.sandbox in ("full", "reduced")
    (entry,) = entries(services, "inspection.version_inspected")
    assert entry.subject == version.reference
    assert entry.data["format"] == "onnx"
    with services.access.database.snapshot() as tx:
        assert inspection_of(tx, version.manifest_digest) == found


def test_each_content_is_inspected_once(services: Services, admin: Actor) -> None:
    files = {"w.safetensors": a_file("two.safetensors")}
    a_version(services, admin, files=files)
    a_version(services, admin, files=files, version="3.0.0")
    assert inspect_all(services) == 1
    a_model(services, admin, "fraud/other")
    a_version(services, admin, "fraud/other", files=files)
    assert inspect_all(services) == 0
    assert len(entries(services, "inspection.version_inspected")) == 1
    assert services.inspections.get(admin, Reference.parse("fraud/other:1.0.0")).format == "safetensors"


def test_files_that_describe_a_model_add_to_what_the_model_says(services: Services, admin: Actor) -> None:
    files = {"MLmodel": a_file("MLmodel"), "model.pkl": a_file("pipeline.pkl"), "requirements.txt": b"numpy==2.4.6\n"}
    a_version(services, admin, files=files)
    inspect_all(services)
    found = services.inspections.get(admin, FIRST)
    assert (found.format, found.facts.parameter_count) == ("pickle", 20)
    assert [field.name for field in found.facts.signature.inputs or ()] == ["amount", "country"]
    assert found.facts.libraries == ("mlflow==3.17.2", "numpy", "numpy==2.4.6", "scikit-learn==1.9.1")
    assert found.facts.details["flavours"] == "python_function, sklearn"


def test_what_cannot_be_read_is_said_and_never_passes(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"model.safetensors": b"\xff" * 100, "notes.txt": b"none"})
    inspect_all(services)
    found = services.inspections.get(admin, FIRST)
    assert found.format == "unknown"
    assert found.verdict is not Verdict.PASS
    assert "model.safetensors: its header has" in found.facts.notes[0]


def test_a_file_that_takes_too_much_is_given_up_and_the_others_are_read(services: Services, admin: Actor) -> None:
    bomb = (8_388_607).to_bytes(8, "little") + b'{"a":[' + b"[]," * 2_796_199 + b"[]]}"
    a_version(services, admin, files={"bomb.safetensors": bomb, "model.onnx": a_file("gemm.onnx")})
    inspect_all(services)
    found = services.inspections.get(admin, FIRST)
    assert found.format == "onnx"
    assert any(one.problem for one in found.contents.files if one.path == "bomb.safetensors")


def test_files_of_no_known_format_take_no_ones_place_where_files_are_read_one_by_one(
    services: Services, admin: Actor
) -> None:
    bomb = (8_388_607).to_bytes(8, "little") + b'{"a":[' + b"[]," * 2_796_199 + b"[]]}"
    others = {f"{number}.dat": bytes(300) for number in range(25)}
    a_version(services, admin, files={"bomb.safetensors": bomb, "model.onnx": a_file("gemm.onnx"), **others})
    inspect_all(services)
    assert services.inspections.get(admin, FIRST).format == "onnx"


@dataclass(frozen=True)
class Counted(Sandbox):
    """A sandbox that keeps what it was asked to run."""

    ran: list[str] = field(default_factory=list)

    def run(
        self, guest: str, sources: Sequence[Source], arguments: Json = None, *, limits: Limits | None = None
    ) -> Outcome:
        self.ran.append(guest)
        return super().run(guest, sources, arguments, limits=limits)


def test_files_of_no_known_format_are_told_from_models_in_one_run(services: Services, admin: Actor) -> None:
    reader, files = services.inspections.reader, {f"{number}.dat": bytes(300) for number in range(25)}
    sandbox = Counted(reader.confine().isolation)
    content = a_version(services, admin, files=files).manifest_digest
    facts = replace(reader, confine=lambda: sandbox).read(reader.artifacts.files(content))
    assert (facts.whole.format, facts.files, len(sandbox.ran)) == ("unknown", (), 1)


def test_somebody_who_may_has_it_inspected_again(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"w.safetensors": a_file("two.safetensors")})
    inspect_all(services)
    before = services.inspections.get(admin, FIRST)
    again = services.inspections.rescan(admin, FIRST)
    assert again.receipt is not None
    assert again.value.number == 2
    assert again.value.contents == before.contents
    assert again.value.scanned_at > before.scanned_at
    (entry,) = entries(services, "inspection.version_rescanned")
    assert (entry.actor.id, entry.data["previous_verdict"]) == (admin.id, before.verdict.value)


def test_viewers_see_inspections_and_start_none(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"w.safetensors": a_file("two.safetensors")})
    inspect_all(services)
    viewer, stranger = somebody(services, "viewer"), somebody(services)
    assert services.inspections.get(viewer, FIRST).format == "safetensors"
    with pytest.raises(RegistryError) as refused:
        services.inspections.rescan(viewer, FIRST)
    assert refused.value.kind is Kind.FORBIDDEN
    with pytest.raises(RegistryError) as hidden:
        services.inspections.get(stranger, FIRST)
    assert hidden.value.kind is Kind.NOT_FOUND


def test_tensors_come_in_pages_in_the_order_of_the_file(services: Services, admin: Actor) -> None:
    a_version(services, admin, files={"model.pt": a_file("state_dict.pt")})
    inspect_all(services)
    first = services.inspections.tensors(admin, FIRST, PageRequest(3))
    rest = services.inspections.tensors(admin, FIRST, PageRequest(3, first.next_token))
    assert [name for name, _ in (*first.items, *rest.items)] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert rest.next_token is None
    with pytest.raises(RegistryError):
        services.inspections.tensors(admin, FIRST, PageRequest(3, "altered"))
