"""The JSON Schema of a model card, and what it says of a document: where it is wrong, and what to do."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from typing import Final, cast

from jsonschema_rs import Draft202012Validator, ValidationError

from modelkeep.domains.cards.domain.errors import InvalidCardError
from modelkeep.domains.cards.domain.paths import written
from modelkeep.kernel.canonical_json import Json, canonical_json

Document = Mapping[str, Json]
"""A card as JSON."""

SCHEMA_VERSION: Final = "1.0"
MAX_CARD_BYTES: Final = 4 * 1024 * 1024
"""The greatest size of a card as canonical JSON."""

SHOWN_PROBLEMS: Final = 20
_SHOWN: Final = 80
_NUL: Final = b"\\u0000"


@cache
def card_schema() -> Mapping[str, Json]:
    """Return the JSON Schema (draft 2020-12) of a card."""
    text = FilePath(__file__).with_name("modelcard.json").read_text(encoding="utf-8")
    return cast("Mapping[str, Json]", json.loads(text))


def checked(document: Json) -> Document:
    """Return a document that is a card.

    Raises:
        InvalidCardError: it is none; the details list up to 20 problems, each with its JSON path and what to do.
        InvalidJsonError: it has no canonical form: a number is not finite, half a surrogate pair, too deep.
    """
    size = len(canonical := canonical_json(document))
    if size > MAX_CARD_BYTES:
        raise InvalidCardError(
            f"the card has {size} bytes; at most {MAX_CARD_BYTES} are kept: attach what is large as a file"
        )
    if _NUL in canonical and _has_nul(document):
        raise InvalidCardError("the card holds a NUL, which no database keeps; leave it out")
    problems = list(_problems(document))
    if problems:
        raise _refusal(problems)
    return cast("Document", document)


def ordered(card: Document) -> Document:
    """Return a card with its fields in the order of the schema, as people expect to read them."""
    return cast("Document", _ordered(card, card_schema()))


def _ordered(value: Json, schema: Json) -> Json:
    schema = _resolved(schema)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Json]", schema.get("properties", {}))
        known = [name for name in fields if name in value]
        others = [name for name in value if name not in fields]
        return {name: _ordered(value[name], fields.get(name)) for name in (*known, *others)}
    return [_ordered(item, schema.get("items")) for item in value] if isinstance(value, list) else value


def _resolved(schema: Json) -> Mapping[str, Json]:
    """Return a schema, or what it refers to; one that is not there says nothing."""
    if not isinstance(schema, Mapping):
        return {}
    reference = schema.get("$ref")
    definitions = cast("Mapping[str, Mapping[str, Json]]", card_schema()["$defs"])
    return definitions[reference.rpartition("/")[2]] if isinstance(reference, str) else schema


def _refusal(problems: list[tuple[str, str]]) -> InvalidCardError:
    shown = problems[:SHOWN_PROBLEMS]
    listed = "; ".join(f"{path}: {problem}" for path, problem in shown)
    more = f"; and {len(problems) - len(shown)} more" if len(problems) > len(shown) else ""
    return InvalidCardError(
        f"this is no model card: {listed}{more}",
        problems=[{"path": path, "problem": problem} for path, problem in shown],
        count=len(problems),
    )


def _has_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any("\0" in key or _has_nul(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(dict(card_schema()))


def _problems(document: Json) -> Iterator[tuple[str, str]]:
    """Yield where a document breaks the schema, and what to do about it; texts of the card are never repeated."""
    for error in _validator().iter_errors(document):
        yield written(error.instance_path), _advice(error)


def _advice(error: ValidationError) -> str:
    facts = cast("dict[str, object]", error.kind.as_dict())
    advise = _ADVICE.get(error.kind.name)
    return advise(facts) if advise else f"it breaks the rule {error.kind.name!r} of the schema"


def _unknown(facts: dict[str, object]) -> str:
    names = ", ".join(repr(name[:_SHOWN]) for name in cast("list[str]", facts["unexpected"])[:SHOWN_PROBLEMS])
    return f"there is no field {names}; correct the name, or put it below 'extra'"


def _one_of(facts: dict[str, object]) -> str:
    return f"write one of {', '.join(map(str, cast('list[object]', facts['options'])))}"


_ADVICE: Final[Mapping[str, Callable[[dict[str, object]], str]]] = {
    "required": lambda facts: f"the field {facts['property']!r} is missing; add it",
    "additionalProperties": _unknown,
    "enum": _one_of,
    "const": lambda facts: f"write {json.dumps(facts['expected_value'])}",
    "type": lambda facts: f"this should be of the type {' or '.join(cast('list[str]', facts['types']))}",
    "minLength": lambda _: "this is empty; write something, or leave the field out",
    "maxLength": lambda facts: f"this is longer than {facts['limit']} characters; shorten it, or attach a file",
    "maxItems": lambda facts: f"there are more than {facts['limit']} items; keep fewer, or attach a file",
    "minItems": lambda facts: f"there are fewer than {facts['limit']} items",
    "maxProperties": lambda facts: f"there are more than {facts['limit']} members; keep fewer",
    "maximum": lambda facts: f"this is greater than {facts['limit']}",
    "minimum": lambda facts: f"this is less than {facts['limit']}",
    "exclusiveMaximum": lambda facts: f"this is not less than {facts['limit']}",
    "exclusiveMinimum": lambda facts: f"this is not greater than {facts['limit']}",
    "pattern": lambda facts: f"this does not have the form {facts['pattern']}",
    "propertyNames": lambda _: "a name in it is empty, or longer than 255 characters",
}
