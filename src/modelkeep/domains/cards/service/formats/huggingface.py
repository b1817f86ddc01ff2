"""The README of a model on Hugging Face: YAML front matter with `model-index`, Markdown, and the card itself.

The card stands at the end in a comment, as compact JSON in which each `--` is escaped, so that nothing in it ends the
comment. From there it is read back without loss. A README of elsewhere is read by its front matter and its headings.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from modelkeep.domains.cards.domain.errors import InvalidCardError, UnreadableCardError
from modelkeep.domains.cards.domain.schema import MAX_CARD_BYTES, SCHEMA_VERSION, Document, checked
from modelkeep.domains.cards.service.formats.markdown import card_markdown
from modelkeep.domains.cards.service.formats.values import Subject
from modelkeep.kernel.canonical_json import InvalidJsonError, Json, canonical_json, parse_json
from modelkeep.platform.yaml_documents import InvalidYamlError, read_yaml, write_yaml

_OPENING: Final = "<!-- modelkeep-card:"
_CLOSING: Final = " -->"
_FRONT: Final = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING: Final = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_TASK: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RELATIONS: Final = {"finetune": "fine-tune", "adapter": "adapter", "quantized": "quantized", "merge": "merged"}
_HEADINGS: Final[Mapping[str, tuple[str, str]]] = {
    "direct use": ("uses", "intended"),
    "intended use": ("uses", "intended"),
    "intended uses": ("uses", "intended"),
    "uses": ("uses", "intended"),
    "out-of-scope use": ("uses", "out_of_scope"),
    "out of scope use": ("uses", "out_of_scope"),
    "limitations": ("", "limitations"),
    "bias, risks, and limitations": ("", "limitations"),
    "limitations and bias": ("", "limitations"),
    "training procedure": ("training", "description"),
    "training data": ("training", "data"),
    "recommendations": ("", "caveats_and_recommendations"),
    "ethical considerations": ("", "ethical_considerations"),
    "citation": ("overview", "citation"),
}
"""Headings of READMEs, and the section and field that they become."""

_LISTS: Final = frozenset({"intended", "out_of_scope", "limitations"})
_MAX_TEXT: Final = 5_000
_MAX_LONG: Final = 65_536


def write_readme(subject: Subject) -> str:
    """Return the README of a card, from which `read_readme` gives it back."""
    front = write_yaml(_front_matter(subject))
    body = f"# {subject.version.model.name}\n\n{card_markdown(subject.card)}"
    return f"---\n{front}---\n\n{body}\n\n{_comment(subject.card)}\n"


def read_readme(text: str) -> tuple[Document, tuple[str, ...]]:
    """Return the card in a README, and what is to be said about how it was read.

    Raises:
        UnreadableCardError: it has no comment with a card, and neither front matter nor text.
        InvalidCardError: what its headings say is no card.
    """
    found = _from_comment(text)
    if found is not None:
        return found, ()
    notes = ["the comment with the card is damaged; the headings were read instead"] if _OPENING in text else []
    front, body = _parts(text)
    if not front and not body.strip():
        raise UnreadableCardError("the README is empty; send its text")
    card = _of_front(front)
    kept = _of_headings(body, card)
    card["overview"]["description"] = kept[:_MAX_LONG] or "No description."
    if len(kept) > _MAX_LONG:
        notes.append(f"the text has more than {_MAX_LONG} characters, and was cut")
    notes.append(
        "the README has no card of this registry: front matter and known headings became fields, the rest stays"
    )
    return checked(_pruned(card)), tuple(notes)


def _comment(card: Document) -> str:
    return _OPENING + canonical_json(card).decode().replace("--", "\\u002d\\u002d") + _CLOSING


def _from_comment(text: str) -> Document | None:
    start = text.rfind(_OPENING)
    end = text.find(_CLOSING, start)
    if start < 0 or end < 0:
        return None
    try:
        return checked(parse_json(text[start + len(_OPENING) : end].encode(), max_bytes=2 * MAX_CARD_BYTES))
    except (InvalidCardError, InvalidJsonError, UnicodeEncodeError):
        return None


def _front_matter(subject: Subject) -> dict[str, Json]:
    overview: Any = subject.card["overview"]
    training: Any = subject.card.get("training", {})
    task = str(overview.get("task", "")).lower().replace(" ", "-")
    bases = overview.get("base_models", [])
    relations = {base.get("relation") for base in bases}
    named = {relation: name for name, relation in _RELATIONS.items()}
    front: dict[str, Json] = {
        "language": list(overview.get("languages", [])),
        "license": overview.get("license"),
        "license_link": overview.get("license_link"),
        "tags": list(overview.get("tags", [])),
        "library_name": overview.get("framework"),
        "pipeline_tag": task if _TASK.fullmatch(task) else None,
        "datasets": [data["name"] for data in training.get("datasets", []) if data.get("name")],
        "base_model": [base["reference"] for base in bases],
        "base_model_relation": named.get(relations.pop()) if len(relations) == 1 else None,
        "model-index": list(_model_index(subject, task or "other")),
    }
    return {name: value for name, value in front.items() if value not in (None, "", [], {})}


def _model_index(subject: Subject, task: str) -> Iterator[Json]:
    """Yield the one entry of `model-index`, if there is a metric."""
    evaluations: Any = subject.card.get("evaluations", [])
    results: list[Json] = []
    for evaluation in evaluations:
        metrics: list[Json] = [_metric(metric) for metric in evaluation.get("metrics", [])]
        if metrics:
            name = evaluation.get("dataset", {}).get("name") or evaluation["name"]
            results.append({"task": {"type": task}, "dataset": {"type": name, "name": name}, "metrics": metrics})
    if results:
        yield {"name": subject.version.model.name, "results": results}


def _metric(metric: Mapping[str, Any]) -> Json:
    name, part = metric["name"], metric.get("slice", {})
    shown = f"{name} ({', '.join(f'{key}={value}' for key, value in part.items())})" if part else name
    written: dict[str, Json] = {"type": name, "value": metric["value"], "name": shown}
    return written | ({"args": {"slice": part}} if part else {})


def _parts(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter and what follows."""
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    try:
        front = read_yaml(found[1], max_chars=MAX_CARD_BYTES).value
    except InvalidYamlError as error:
        raise UnreadableCardError(f"the front matter of the README: {error.message}", **error.details) from None
    return (dict(front) if isinstance(front, Mapping) else {}), text[found.end() :]


def _of_front(front: Mapping[str, Any]) -> dict[str, Any]:
    """Return the card that a front matter gives."""
    relation = _RELATIONS.get(str(front.get("base_model_relation")))
    bases = [
        {"reference": name, **({"relation": relation} if relation else {})} for name in _texts(front.get("base_model"))
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        "overview": {
            "task": _text(front.get("pipeline_tag")),
            "framework": _text(front.get("library_name")),
            "license": _text(front.get("license")),
            "license_link": _address(front.get("license_link")),
            "languages": _texts(front.get("language")),
            "tags": _texts(front.get("tags")),
            "base_models": bases,
        },
        "uses": {},
        "training": {"datasets": [{"role": "training", "name": name} for name in _texts(front.get("datasets"))]},
        "evaluations": list(_evaluations(front.get("model-index"))),
    }


def _evaluations(index: object) -> Iterator[Json]:
    for entry in _objects(index):
        for result in _objects(entry.get("results")):
            dataset = next(iter(_objects([result.get("dataset")])), {})
            name = _text(dataset.get("name")) or _text(dataset.get("type")) or "evaluation"
            metrics = [metric for metric in map(_read_metric, _objects(result.get("metrics"))) if metric]
            yield {"name": name, "dataset": {"name": name}, "metrics": metrics}


def _read_metric(metric: Mapping[str, Any]) -> dict[str, Any] | None:
    name, value = _text(metric.get("type")) or _text(metric.get("name")), metric.get("value")
    if not name or not isinstance(value, int | float | str):
        return None
    args = metric.get("args")
    part = args.get("slice") if isinstance(args, Mapping) else None
    usable = isinstance(part, Mapping) and all(isinstance(item, str | int | float) for item in part.values())
    return {"name": name, "value": value, **({"slice": dict(part)} if usable and part else {})}


def _of_headings(body: str, card: dict[str, Any]) -> str:
    """Put what stands below known headings into fields; return the rest."""
    found = list(_HEADING.finditer(body))
    kept = [body[: found[0].start()] if found else body]
    for place, heading in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(body)
        text = body[heading.end() : end].strip()
        target = _HEADINGS.get(heading[1].strip().lower().rstrip(":"))
        if target is None or len(text) > _MAX_TEXT or not _put(card, target, text):
            kept.append(body[heading.start() : end])
    return "".join(kept).strip()


def _put(card: dict[str, Any], target: tuple[str, str], text: str) -> bool:
    """Put a text into a field that is empty; say whether it is there now."""
    section, name = target
    holder = card[section] if section else card
    if not text or name in holder:
        return False
    if name == "data":
        datasets = card["training"]["datasets"] or [{"role": "training"}]
        card["training"]["datasets"] = datasets
        datasets[0].setdefault("description", text)
        return True
    holder[name] = [{"name": text[:1024]}] if name == "ethical_considerations" else [text] if name in _LISTS else text
    return True


def _pruned(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value without members that say nothing."""
    if isinstance(value, dict):
        inner = {name: _pruned(item) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item not in (None, "", [], {})}
    return [_pruned(item) for item in value] if isinstance(value, list) else value


def _text(value: object) -> str:
    return value[:1024] if isinstance(value, str) else ""


def _address(value: object) -> str | None:
    text = _text(value)
    return text if text.startswith(("https://", "http://")) and not set(text) & set(" \t\n") else None


def _texts(value: object) -> list[str]:
    """Return one text or several as a list, each short enough for a name."""
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [item[:512] for item in items if isinstance(item, str) and item][:100]


def _objects(value: object) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]
