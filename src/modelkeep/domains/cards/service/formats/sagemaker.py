"""A model card of Amazon SageMaker, as JSON with the names of its Python SDK; what does not fit is named.

The names are those of the SageMaker Python SDK (`sagemaker.model_card`). The limits are those of the JSON schema of a
model package's model card (Amazon SageMaker Developer Guide, "View and Update the Details of a Model Version"), and
100,000 characters in all (API reference, `CreateModelCard`, `Content`). No account was asked whether it takes this.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from modelkeep.domains.cards.domain.outline import plain
from modelkeep.domains.cards.domain.paths import written
from modelkeep.domains.cards.service.formats.values import Subject
from modelkeep.kernel.canonical_json import Json

MAX_TRAINING_DATASETS: Final = 15
MAX_HYPERPARAMETERS: Final = 100
MAX_MATRIX: Final = 20
"""Most rows and columns of a matrix."""
MAX_CHARACTERS: Final = 100_000

_LONG: Final = 2_048
_SHORT: Final = 1_024
_METRIC_NAME: Final = 255
_LABEL: Final = 63
_TEXTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("purpose_of_model", "intended_uses", "factors_affecting_model_efficiency"), _LONG),
    **dict.fromkeys(("explanations_for_risk_rating", "business_problem", "business_stakeholders"), _LONG),
    **dict.fromkeys(("line_of_business", "ethical_considerations", "caveats_and_recommendations"), _LONG),
    "evaluation_observation": 2_096,
    **dict.fromkeys(("facet", "condition", "x_axis_name", "y_axis_name"), _LABEL),
    **dict.fromkeys(("evaluation_details.name", "metric_groups.name"), _LABEL),
    **dict.fromkeys(("hyper_parameters.name", "hyper_parameters.value", "metric_data.name"), _METRIC_NAME),
    "metric_data.value": _LABEL,
    "model_description": MAX_CHARACTERS,
}
"""Most characters of a text by its name, where need be after that of what it is in; of all others 1,024."""
_RATINGS: Final = {"unknown": "Unknown", "low": "Low", "medium": "Medium", "high": "High", "critical": "High"}
_NOWHERE: Final = (
    "warnings",
    "tradeoffs",
    "bias_assessment",
    "monitoring",
    "extra",
    "overview.base_models",
    "overview.citation",
    "overview.languages",
    "overview.license",
    "overview.references",
    "overview.tags",
    "risk.eu_ai_act_category",
    "risk.human_oversight",
    "risk.materiality_tier",
    "risk.next_review",
    "training.code",
    "training.compute",
    "training.run",
    "uses.out_of_scope",
    "uses.users",
)
"""What SageMaker has no field for; it goes to `custom_details` as text."""


def write_sagemaker(subject: Subject) -> str:
    """Return the content of a SageMaker model card; what is lost is noted in the subject."""
    card: Any = subject.card
    document = {
        "model_overview": _overview(subject, card["overview"]),
        "intended_uses": _uses(subject, card),
        "business_details": _known(
            business_problem=card.get("uses", {}).get("business_problem"),
            business_stakeholders=_joined(card.get("uses", {}).get("stakeholders")),
            line_of_business=card.get("uses", {}).get("line_of_business"),
        ),
        "training_details": _training(subject, card.get("training", {})),
        "evaluation_details": list(_evaluations(subject, card.get("evaluations", []))),
        "additional_information": _additional(subject, card),
    }
    fitted = _fitted(subject, _known(**document), ())
    text = json.dumps(fitted, indent=2, ensure_ascii=False)
    if len(text) > MAX_CHARACTERS:
        subject.lose("$", f"it has {len(text)} characters; SageMaker takes {MAX_CHARACTERS}, and will refuse it")
    return text + "\n"


def _overview(subject: Subject, overview: Mapping[str, Any]) -> Json:
    version = subject.version
    return _known(
        model_name=version.model.name,
        model_description=overview["description"],
        model_version=version.number,
        problem_type=overview.get("problem_type") or overview.get("task"),
        algorithm_type=overview.get("algorithm"),
        model_creator=_people(overview.get("creators")),
        model_owner=_people(overview.get("owners")),
    )


def _uses(subject: Subject, card: Mapping[str, Any]) -> Json:
    uses, risk = card.get("uses", {}), card.get("risk", {})
    rating = risk.get("rating")
    if rating == "critical":
        subject.lose("$.risk.rating", "SageMaker has no 'critical'; it is written as 'High'")
    return _known(
        purpose_of_model=uses.get("purpose"),
        intended_uses=_joined(uses.get("intended")),
        factors_affecting_model_efficiency=_joined(uses.get("factors_affecting_efficiency")),
        risk_rating=_RATINGS.get(rating),
        explanations_for_risk_rating=risk.get("explanation"),
    )


def _training(subject: Subject, training: Mapping[str, Any]) -> Json:
    objective = training.get("objective", {})
    function = _known(
        function={"minimize": "Minimize", "maximize": "Maximize"}.get(objective.get("direction")),
        facet=objective.get("metric"),
        condition=objective.get("condition"),
    )
    names = [plain(data.get("uri") or data.get("name") or data.get("digest")) for data in training.get("datasets", [])]
    parameters = list(training.get("hyperparameters", {}).items())
    if training.get("datasets"):
        subject.lose("$.training.datasets", "SageMaker keeps where a data set is, and nothing else of it")
    job = _known(
        training_datasets=_most(subject, names, MAX_TRAINING_DATASETS, "$.training.datasets"),
        training_environment=_known(container_image=_single(training.get("environment", {}).get("image"))),
        hyper_parameters=[
            {"name": name, "value": plain(value)}
            for name, value in _most(subject, parameters, MAX_HYPERPARAMETERS, "$.training.hyperparameters")
        ],
    )
    return _known(
        objective_function=_known(function=function, notes=objective.get("notes")),
        training_observations=training.get("description"),
        training_job_details=job,
    )


def _evaluations(subject: Subject, evaluations: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
    for place, evaluation in enumerate(evaluations):
        dataset = evaluation.get("dataset", {})
        name = dataset.get("uri") or dataset.get("name") or dataset.get("digest")
        yield _known(
            name=evaluation["name"],
            evaluation_observation=evaluation.get("description"),
            datasets=_single(name),
            metadata=_known(date=evaluation.get("date"), evaluator=evaluation.get("evaluator")),
            metric_groups=[*_groups(evaluation.get("metrics", [])), *_plots(subject, place, evaluation)],
        )


def _groups(metrics: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
    """Yield a group of metrics for each slice."""
    groups: dict[str, list[Json]] = {}
    for metric in metrics:
        value = metric["value"]
        kind = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        notes = plain({name: metric[name] for name in ("threshold", "n", "ci", "unit") if name in metric})
        data = _known(name=metric["name"], type=kind, notes=notes) | {"value": value}
        groups.setdefault(plain(metric.get("slice", {})) or "overall", []).append(data)
    yield from ({"name": name, "metric_data": data} for name, data in groups.items())


def _plots(subject: Subject, place: int, evaluation: Mapping[str, Any]) -> Iterator[Json]:
    data = []
    for number, plot in enumerate(evaluation.get("plots", [])):
        written_as = _plot(plot)
        if written_as is None:
            path = ("evaluations", place, "plots", number)
            subject.lose(written(path), f"SageMaker has no plot of the kind {plot['kind']!r}, or none as large")
        else:
            data.append(written_as)
    if data:
        yield {"name": "plots", "metric_data": data}


def _plot(plot: Mapping[str, Any]) -> Json:
    named = {"name": plot["title"]} | _known(notes=plot.get("description"))
    if plot["kind"] == "bar":
        return named | {"type": "bar_chart", "value": plot["values"], "x_axis_name": plot["labels"]}
    if plot["kind"] == "matrix" and max(map(len, (plot["matrix"], *plot["matrix"]))) <= MAX_MATRIX:
        labels = plot.get("labels", [])
        return named | {"type": "matrix", "value": plot["matrix"], "x_axis_name": labels, "y_axis_name": labels}
    if plot["kind"] == "line" and len(plot["series"]) == 1:
        return named | {"type": "linear_graph", "value": plot["series"][0]["points"]}
    return None


def _additional(subject: Subject, card: Mapping[str, Any]) -> Json:
    custom = {}
    for field in _NOWHERE:
        value: Any = card
        for name in field.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value not in (None, "", [], {}):
            custom[field] = plain(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            subject.lose(f"$.{field}", "SageMaker has no field for it; it is text below custom_details")
    ethics = [plain(dict(item)) for item in card.get("ethical_considerations", [])]
    limits = [*card.get("limitations", []), *_single(card.get("caveats_and_recommendations"))]
    return _known(
        ethical_considerations=_joined(ethics), caveats_and_recommendations=_joined(limits), custom_details=custom
    )


def _most(subject: Subject, items: Sequence[Any], most: int, path: str) -> Sequence[Any]:
    if len(items) > most:
        subject.lose(path, f"SageMaker keeps {most} of them; {len(items) - most} are left out")
    return items[:most]


def _fitted(subject: Subject, value: Json, path: tuple[str | int, ...]) -> Json:
    """Return what is written with each text as long as SageMaker takes it; what is cut is noted by its place there."""
    if isinstance(value, Mapping):
        return {name: _fitted(subject, inner, (*path, name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_fitted(subject, inner, (*path, place)) for place, inner in enumerate(value)]
    names = [step for step in path if isinstance(step, str)]
    if not isinstance(value, str) or not names:
        return value
    most = _TEXTS.get(".".join(names[-2:])) or _TEXTS.get(names[-1], _SHORT)
    if len(value) > most:
        subject.lose(written(path), f"SageMaker takes {most} characters there; the rest is cut")
    return value[:most]


def _people(people: Sequence[Mapping[str, Any]] | None) -> str | None:
    return ", ".join(person["name"] for person in people) if people else None


def _joined(texts: Sequence[str] | None) -> str | None:
    return "\n".join(texts) if texts else None


def _single(value: str | None) -> list[str]:
    return [value] if value else []


def _known(**members: Any) -> dict[str, Json]:  # noqa: ANN401 - JSON
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
