"""A machine-learning bill of materials, CycloneDX 1.6: the model with its card, its files, its data, its parents.

The format: https://cyclonedx.org/docs/1.6/json/. Its library for Python has no classes for model cards, so that the
document is written by hand, and a test validates it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from modelkeep.domains.cards.domain.outline import plain
from modelkeep.domains.cards.service.formats.values import Subject
from modelkeep.kernel.canonical_json import Json

_ALGORITHMS: Final = {"sha256": "SHA-256", "sha512": "SHA-512"}
_MODEL: Final = "model"
_LEFT_OUT: Final = (
    "warnings",
    "monitoring",
    "extra",
    "risk",
    "training.hyperparameters",
    "training.code",
    "training.run",
)


def write_cyclonedx(subject: Subject) -> str:
    """Return the bill of materials of a version; what is lost is noted in the subject."""
    version = subject.version
    card: Mapping[str, Any] = subject.card
    files, data, parents = list(_files(subject)), list(_data(card)), list(_parents(card))
    for field in _LEFT_OUT:
        value: Any = card
        for name in field.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value:
            subject.lose(f"$.{field}", "CycloneDX has no field for it")
    overview = card["overview"]
    component = _known(
        type="machine-learning-model",
        **{"bom-ref": _MODEL},
        name=str(version.model),
        version=str(version.version),
        description=overview["description"],
        licenses=_licenses(overview.get("license")),
        modelCard=_model_card(card, data),
        properties=[
            {"name": "modelkeep:manifest_digest", "value": str(version.manifest_digest)},
            {"name": "modelkeep:card_digest", "value": subject.digest},
        ],
    )
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'modelkeep:{version.id}:{subject.digest}')}",
        "version": 1,
        "metadata": {"timestamp": subject.since, "component": component},
        "components": [*files, *data, *parents],
        "dependencies": [{"ref": _MODEL, "dependsOn": [item["bom-ref"] for item in (*files, *data, *parents)]}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _files(subject: Subject) -> Iterator[dict[str, Any]]:
    for place, entry in enumerate(subject.files()):
        yield {
            "type": "file",
            "bom-ref": f"file-{place}",
            "name": entry.path,
            "mime-type": entry.media_type,
            "hashes": [{"alg": "SHA-256", "content": entry.digest.hex}],
        }


def _data(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for place, data in enumerate(card.get("training", {}).get("datasets", [])):
        name = data.get("name") or data.get("uri") or data.get("digest") or f"data set {place + 1}"
        personal = data.get("contains_personal_data")
        described = _known(
            type="dataset",
            name=name,
            contents=_known(url=data.get("uri")),
            classification=None if personal is None else "personal data" if personal else "no personal data",
            sensitiveData=data.get("sensitive"),
            description=data.get("description"),
        )
        yield _known(
            type="data",
            **{"bom-ref": f"data-{place}"},
            name=name,
            version=data.get("version"),
            licenses=_licenses(data.get("license")),
            hashes=_hashes(data.get("digest")),
            data=[described],
            properties=[{"name": "modelkeep:role", "value": data["role"]}],
        )


def _parents(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for place, base in enumerate(card["overview"].get("base_models", [])):
        relation = base.get("relation")
        yield _known(
            type="machine-learning-model",
            **{"bom-ref": f"base-{place}"},
            name=base["reference"],
            hashes=_hashes(base.get("digest")),
            properties=[{"name": "modelkeep:relation", "value": relation}] if relation else [],
        )


def _model_card(card: Mapping[str, Any], data: list[dict[str, Any]]) -> Json:
    overview = card["overview"]
    parameters = _known(
        task=overview.get("task"),
        architectureFamily=overview.get("algorithm"),
        modelArchitecture=overview.get("architecture"),
        datasets=[{"ref": item["bom-ref"]} for item in data],
        inputs=_format(overview.get("input_format")),
        outputs=_format(overview.get("output_format")),
    )
    metrics = [
        _metric(metric) for evaluation in card.get("evaluations", []) for metric in evaluation.get("metrics", [])
    ]
    return _known(
        modelParameters=parameters,
        quantitativeAnalysis=_known(performanceMetrics=metrics),
        considerations=_considerations(card),
    )


def _metric(metric: Mapping[str, Any]) -> Json:
    ci = metric.get("ci")
    return _known(
        type=metric["name"],
        value=plain(metric["value"]),
        slice=plain(metric.get("slice", {})),
        confidenceInterval={"lowerBound": plain(ci["low"]), "upperBound": plain(ci["high"])} if ci else None,
    )


def _considerations(card: Mapping[str, Any]) -> Json:
    uses, groups = card.get("uses", {}), card.get("bias_assessment", {}).get("groups", [])
    return _known(
        users=uses.get("users"),
        useCases=[*uses.get("intended", []), *(f"Out of scope: {text}" for text in uses.get("out_of_scope", []))],
        technicalLimitations=card.get("limitations"),
        performanceTradeoffs=card.get("tradeoffs"),
        ethicalConsiderations=[
            _known(name=item["name"], mitigationStrategy=item.get("mitigation"))
            for item in card.get("ethical_considerations", [])
        ],
        fairnessAssessments=[
            _known(
                groupAtRisk=f"{group['attribute']}: {group['group']}",
                harms=group.get("harm") or f"{group['metric']} is {plain(group['value'])}",
                mitigationStrategy=group.get("mitigation"),
            )
            for group in groups
        ],
    )


def _licenses(license_name: str | None) -> list[Json]:
    return [{"license": {"name": license_name}}] if license_name else []


def _hashes(digest: str | None) -> list[Json]:
    algorithm, _, content = (digest or "").partition(":")
    return [{"alg": _ALGORITHMS[algorithm], "content": content}] if algorithm in _ALGORITHMS else []


def _format(text: str | None) -> list[Json]:
    return [{"format": text}] if text else []


def _known(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
