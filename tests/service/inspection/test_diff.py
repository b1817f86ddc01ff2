"""What is different between two versions, down to the bytes of a tensor."""

from dataclasses import replace

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.people import somebody
from tests.service.inspection.test_evidence import weights

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import Metric, VersionRecord
from modelkeep.domains.catalog.domain.errors import VersionNotFoundError
from modelkeep.domains.inspection import ContentFacts, Difference, FileReading, FormatFacts, Tensor
from modelkeep.domains.inspection.domain.diffs import Kind
from modelkeep.domains.inspection.domain.facts import Span
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference
from modelkeep.kernel.semver import Bump

FIRST, SECOND = (Reference.parse(f"{SCORER}:{version}") for version in ("1.0.0", "1.0.1"))


def trained(services: Services, admin: Actor, content: bytes, **metrics: float) -> None:
    record = VersionRecord(
        metrics=tuple(Metric(name, value) for name, value in metrics.items()), parameters={"epochs": len(metrics)}
    )
    a_version(services, admin, files={"model.safetensors": content, "vocabulary.txt": b"a b"}, record=record)


@pytest.fixture(autouse=True)
def _versions(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    before = weights(w=(4, 3), b=(3,))["model.safetensors"]
    trained(services, admin, before, auc=0.9)
    trained(services, admin, before[:-1] + b"?", auc=0.95, f1=0.5)


def test_a_changed_byte_is_found_in_its_tensor(services: Services, admin: Actor) -> None:
    found = services.diffs.diff(admin, FIRST, SECOND)
    assert found.step is not None
    assert found.step.level is Bump.PATCH
    (changed,) = found.tensors.listed
    assert (changed.name, changed.kind) == ("b", Kind.CHANGED)
    assert changed.before is not None
    assert changed.before.startswith("float32[3] sha256:")
    assert (found.tensors.same, found.tensors.changed, found.tensors.uncompared) == (1, 1, 0)
    assert services.diffs.diff(admin, FIRST, SECOND) == found


def test_each_tensor_is_digested_wherever_it_lies(services: Services, admin: Actor) -> None:
    content = b"".join(number.to_bytes(4) for number in range(3 * 2**18))
    spans = ((0, 0), (0, 10), (10, 20), (10, 20), (15, 40), (60, 2**21), (60 + 2**21, 7), (3 * 2**20 - 5, 5), (100, 1))
    version = a_version(services, admin, files={"w.bin": content}, version="2.0.0")
    tensors = tuple(Tensor(str(number), "uint8", (), Span(*place)) for number, place in enumerate(spans))
    facts = FormatFacts("gguf", tensors=tensors)
    contents = ContentFacts(replace(facts, tensors=()), (FileReading("w.bin", len(content), facts),))
    digests = services.diffs.digests
    files = digests.artifacts.files(version.manifest_digest)
    made = digests.digested(version.manifest_digest, contents, files)
    assert {name: one.digest for name, one in made.items()} == {
        str(number): str(Digest.of(content[start : start + length])) for number, (start, length) in enumerate(spans)
    }


def test_metrics_parameters_and_files_are_compared_by_name(services: Services, admin: Actor) -> None:
    found = services.diffs.diff(admin, FIRST, SECOND)
    assert found.metrics == (
        Difference("auc", Kind.CHANGED, "0.9", "0.95"),
        Difference("f1", Kind.ADDED, None, "0.5"),
    )
    assert found.parameters == (Difference("epochs", Kind.CHANGED, "1", "2"),)
    assert [(file.name, file.kind) for file in found.files] == [("model.safetensors", Kind.CHANGED)]
    assert found.card_sections == ()


def test_a_version_does_not_differ_from_itself(services: Services, admin: Actor) -> None:
    found = services.diffs.diff(admin, FIRST, FIRST)
    assert (found.metrics, found.parameters, found.files, found.tensors.listed) == ((), (), (), ())
    assert found.tensors.same == 2


def test_versions_of_two_models_are_compared_for_who_sees_both(services: Services, admin: Actor) -> None:
    a_model(services, admin, "risk/other")
    a_version(services, admin, "risk/other", files={"notes.txt": b"nothing"})
    other = Reference.parse("risk/other:1.0.0")
    found = services.diffs.diff(admin, FIRST, other)
    assert found.step is None
    assert (found.tensors.removed, found.tensors.added) == (2, 0)
    one_sided = somebody(services, ("viewer", "fraud"))
    with pytest.raises(VersionNotFoundError):
        services.diffs.diff(one_sided, FIRST, other)
