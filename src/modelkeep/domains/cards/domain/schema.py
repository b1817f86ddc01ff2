"""The JSON Schema of a model card, and what it says of a document: where it is wrong, and what to do."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath
from typing import Final, TypeAlias, cast

from jsonschema_rs import Draft202012Validator, ValidationError

from modelkeep.domains.cards.domain.errors import InvalidCardError
from modelkeep.domains.cards.domain.paths import Path, pointer, written
from modelkeep.kernel.canonical_json import Json, canonical_json

Document = Mapping[str, Json]
"""A card as JSON."""

SCHEMA_VERSION: Final = "1.0"
MAX_CARD_BYTES: Final = 4 * 1024 * 1024
"""The greatest size of a card as canonical JSON."""

SHOWN_PROBLEMS: Final = 20
_SHOWN: Final = 80
_NUL: Final = b"\\u0000"


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a document breaks a schema, and what to do about it; texts of the document are never repeated."""

    place: Path
    said: str

    @property
    def facts(self) -> dict[str, str]:
        """It as details of an error; `pointer` is the place as JSON Pointer (RFC 6901)."""
        return {"path": written(self.place), "pointer": pointer(self.place), "problem": self.said}


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
    if has_nul(canonical, document):
        raise InvalidCardError("the card holds a NUL, which no database keeps; leave it out")
    refuse("this is no model card", problems_of(_validator(), document, ADVICE))
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


def refuse(said: str, found: Iterable[Problem]) -> None:
    """Refuse a card in which there are problems.

    Raises:
        InvalidCardError: there are some; the details list up to 20.
    """
    problems = tuple(found)
    if not problems:
        return
    shown = problems[:SHOWN_PROBLEMS]
    listed = "; ".join(f"{written(problem.place)}: {problem.said}" for problem in shown)
    more = f"; and {len(problems) - len(shown)} more" if len(problems) > len(shown) else ""
    raise InvalidCardError(
        f"{said}: {listed}{more}", problems=[problem.facts for problem in shown], count=len(problems)
    )


def has_nul(canonical: bytes, value: Json) -> bool:
    """Say whether a value, which is this in canonical JSON, has a NUL anywhere: no database keeps it."""
    return _NUL in canonical and _has_nul(value)


def _has_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any("\0" in key or _has_nul(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(dict(card_schema()))


def problems_of(validator: Draft202012Validator, document: Json, advice: "Advice") -> Iterator[Problem]:
    """Yield where a document breaks a schema, and what to do about it."""
    return (problem_of(error, advice) for error in validator.iter_errors(document))


def problem_of(error: ValidationError, advice: "Advice") -> Problem:
    """Return what is to be said about one place."""
    facts = cast("dict[str, object]", error.kind.as_dict())
    advise = advice.get(error.kind.name)
    said = advise(facts) if advise else f"it breaks the rule {error.kind.name!r} of the schema"
    return Problem(tuple(error.instance_path), said)


def unexpected(facts: dict[str, object]) -> str:
    """Return the names of fields that a schema does not know."""
    names = cast("list[str]", facts["unexpected"])[:SHOWN_PROBLEMS]
    return ", ".join(repr(name[:_SHOWN]) for name in names)


def _unknown(facts: dict[str, object]) -> str:
    return f"there is no field {unexpected(facts)}; correct the name, or put it below 'extra'"


def _one_of(facts: dict[str, object]) -> str:
    return f"write one of {', '.join(map(str, cast('list[object]', facts['options'])))}"


Advice: TypeAlias = dict[str, Callable[[dict[str, object]], str]]
"""What to say, from the facts, about each kind of problem."""

ADVICE: Final[Advice] = {
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
    "anyOf": lambda _: "this is none of what the schema lets it be",
    "oneOf": lambda _: "this is none, or more than one, of what the schema lets it be",
    "not": lambda _: "this is what the schema excludes",
    "format": lambda facts: f"this is no {facts['format']}",
    "minProperties": lambda facts: f"there are fewer than {facts['limit']} members",
    "multipleOf": lambda facts: f"this is no multiple of {facts['multiple_of']}",
    "uniqueItems": lambda _: "an item is there twice",
    "contains": lambda _: "no item is what the schema asks for",
    "falseSchema": lambda _: "the schema lets nothing stand here",
}
