"""What a namespace asks of `extra` in its cards: a JSON Schema of its own.

Schemas are bounded, as what is validated by them is: time grows with the product of the two. The keywords
`unevaluatedProperties` and `unevaluatedItems` are not taken: nested, they make the validator's time grow exponentially.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple, Self, cast

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from modelkeep.domains.cards.domain.errors import ExtraSchemaNotFoundError, InvalidExtraSchemaError
from modelkeep.domains.cards.domain.paths import written
from modelkeep.domains.cards.domain.schema import (
    ADVICE,
    Advice,
    Document,
    Problem,
    has_nul,
    problem_of,
    problems_of,
    unexpected,
)
from modelkeep.kernel.canonical_json import Json, canonical_json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.events import Event, Receipt
from modelkeep.kernel.identity import Actor, PrincipalId
from modelkeep.kernel.json_schemas import keywords, subschemas

MAX_SCHEMA_BYTES: Final = 64 * 1024
"""The greatest size of a schema as canonical JSON."""
MAX_SCHEMA_PARTS: Final = 500
"""How many schemas it has at most, with each of `$defs` counted as often as it is referred to."""
MAX_EXTRA_BYTES: Final = 64 * 1024
"""The greatest `extra` that is validated, as canonical JSON."""
MAX_PATTERNS: Final = 16
"""How many patterns it has at most, counted as its parts are."""
MAX_MATCHED_BYTES: Final = 16 * 1024
"""The greatest `extra` that is validated where there are patterns: each may read all of it, slowly."""
MANY: Final = 40_000
"""Bytes of `extra` times parts of the schema, up to which all that does not fit is told, and not only the first."""

_REFERENCES: Final = "#/$defs/"
_KEYWORDS: Final = frozenset(
    [
        "$schema",
        "$ref",
        "$defs",
        "$comment",
        "title",
        "description",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "examples",
        "type",
        "enum",
        "const",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "format",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxContains",
        "minContains",
        "prefixItems",
        "items",
        "contains",
        "maxProperties",
        "minProperties",
        "required",
        "dependentRequired",
        "properties",
        "patternProperties",
        "additionalProperties",
        "dependentSchemas",
        "propertyNames",
        "if",
        "then",
        "else",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
    ]
)
"""Those of draft 2020-12 that do not change how others are read; a misspelt one would ask nothing, unseen."""
_OWN_NAME: Final = ("$id",)
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_LINEAR: Final = RegexOptions(size_limit=64_000, dfa_size_limit=256_000)
"""Patterns take linear time; these bytes bound how many states each has, and the memory it takes."""


@dataclass(frozen=True, slots=True)
class ExtraSchema:
    """A revision of what a namespace asks of `extra`; one without a schema asks nothing any more."""

    namespace: str
    revision: int
    schema: Mapping[str, Json] | None
    digest: Digest | None
    since: datetime
    set_by: PrincipalId
    entry: Receipt | None = None

    def with_entry(self, entry: Receipt | None) -> Self:
        """Return it with the audit entry that made it so."""
        return replace(self, entry=entry)

    def misfits(self, card: Document) -> tuple[Problem, ...]:
        """Return where the `extra` of a card does not fit, and what is expected; none counts as empty."""
        if self.schema is None:
            return ()
        extra, compiled = card.get("extra", {}), _compiled(canonical_json(self.schema))
        most = MAX_MATCHED_BYTES if compiled.patterns else MAX_EXTRA_BYTES
        if (size := len(canonical_json(extra))) > most:
            said = f"this has {size} bytes; at most {most} are validated: attach what is large as a file"
            return (Problem(("extra",), said),)
        validator = compiled.validator
        if validator.is_valid(extra):
            return ()
        found = problems_of(validator, extra, _ADVICE) if size * compiled.parts <= MANY else _first(validator, extra)
        return tuple(Problem(("extra", *problem.place), problem.said) for problem in found)

    def event(self, by: Actor, before: "ExtraSchema | None") -> Event:
        """Return the event of its beginning; what a schema says is for the database, its digest for the log."""
        old, facts = None if before is None else before.facts, self.facts
        if self.digest is None:
            return Event("cards.extra_schema_removed", self.namespace, by, self.since, facts, before=old, after=facts)
        return Event("cards.extra_schema_set", self.namespace, by, self.since, facts, before=old, after=facts)

    @property
    def facts(self) -> dict[str, str | int]:
        """What the audit log says of it."""
        return {"revision": self.revision} | ({} if self.digest is None else {"digest": str(self.digest)})


def revised(
    namespace: str, last: ExtraSchema | None, schema: Mapping[str, Json] | None, by: Actor, at: datetime
) -> ExtraSchema:
    """Return the next revision of what a namespace asks; None asks nothing.

    Raises:
        InvalidExtraSchemaError: it is no schema, too large, or refers to what is elsewhere.
    """
    digest = None if schema is None else Digest.of(_checked(schema))
    since = at if last is None else max(at, last.since + timedelta(microseconds=1))
    return ExtraSchema(namespace, 1 if last is None else last.revision + 1, schema, digest, since, by.id)


def check_seen(namespace: str, current: ExtraSchema | None, seen: int | None) -> None:
    """Refuse a change that is based on another revision than there is; 0 is none, None is whatever there is.

    Raises:
        StaleRevisionError: somebody has changed it.
    """
    revision = 0 if current is None else current.revision
    if seen not in (None, revision):
        raise StaleRevisionError(
            f"the schema of {namespace} is at revision {revision}, not {seen}: read it again and retry",
            namespace=namespace,
            revision=revision,
        )


def no_schema(namespace: str) -> ExtraSchemaNotFoundError:
    """Return the error for a namespace that asks nothing of `extra`."""
    return ExtraSchemaNotFoundError(
        f"{namespace} has no schema for 'extra'; 'modelkeep card schema set {namespace} FILE' sets one",
        namespace=namespace,
    )


def _checked(schema: Mapping[str, Json]) -> bytes:
    """Return a schema in canonical JSON, or refuse it."""
    canonical = canonical_json(schema)
    if len(canonical) > MAX_SCHEMA_BYTES:
        raise InvalidExtraSchemaError(f"the schema has {len(canonical)} bytes; at most {MAX_SCHEMA_BYTES} are taken")
    if has_nul(canonical, schema):
        raise InvalidExtraSchemaError("the schema holds a NUL, which no database keeps; leave it out")
    for error in _meta_validator().iter_errors(dict(schema)):
        place = written(error.instance_path)
        raise InvalidExtraSchemaError(f"this is no JSON Schema: {place}: {error.message[:200]}", path=place)
    _check_keywords(schema)
    try:
        _compiled(canonical)
    except ValueError as error:
        raise InvalidExtraSchemaError(
            f"the schema cannot be used: {str(error)[:200]}; a pattern is short, and does not look back"
        ) from error
    return canonical


def _check_keywords(schema: Mapping[str, Json]) -> None:
    if schema.get("$schema", _DIALECT) != _DIALECT:
        raise InvalidExtraSchemaError(f"'$schema' is {_DIALECT}, or left out", path="$['$schema']")
    for place in keywords(schema):
        if place[-1] not in _KEYWORDS and place != _OWN_NAME:
            raise InvalidExtraSchemaError(
                f"{written(place)}: {str(place[-1])[:80]!r} is no keyword that is taken here; correct or remove it",
                path=written(place),
            )


def _unfolded(schema: Mapping[str, Json]) -> tuple[int, int]:
    """Return to how many schemas and patterns one unfolds; refuse what does without end, or to too many."""
    definitions = schema.get("$defs")
    known = definitions if isinstance(definitions, Mapping) else {}
    open_parts, count, patterns = [cast("Json", {**schema, "$defs": {}})], 0, 0
    while open_parts:
        part = open_parts.pop()
        count += 1
        if count > MAX_SCHEMA_PARTS:
            raise InvalidExtraSchemaError(
                f"the schema unfolds to more than {MAX_SCHEMA_PARTS} parts, or refers to itself; write it shorter"
            )
        patterns += _patterns(part)
        if patterns > MAX_PATTERNS:
            raise InvalidExtraSchemaError(f"the schema unfolds to more than {MAX_PATTERNS} patterns; use fewer")
        open_parts += [inner for _, inner in subschemas(part)]
        if isinstance(part, Mapping) and "$ref" in part:
            open_parts.append(_referred(str(part["$ref"]), known))
    return count, patterns


def _patterns(part: Json) -> int:
    if not isinstance(part, Mapping):
        return 0
    named = part.get("patternProperties")
    return ("pattern" in part) + (len(named) if isinstance(named, Mapping) else 0)


def _referred(reference: str, known: Mapping[str, Json]) -> Json:
    name = reference.removeprefix(_REFERENCES)
    if not reference.startswith(_REFERENCES) or name not in known:
        raise InvalidExtraSchemaError(
            f"'$ref' names one of the schema's own '$defs', as {_REFERENCES}NAME, which {reference[:80]!r} does not; "
            "nothing is fetched"
        )
    return known[name]


class _Compiled(NamedTuple):
    """A schema as it is used, with how many parts and patterns it has."""

    validator: Draft202012Validator
    parts: int
    patterns: int


@lru_cache(maxsize=16)
def _compiled(canonical: bytes) -> _Compiled:
    """Return a schema as it is used; nothing is fetched."""
    schema = json.loads(canonical)
    parts, patterns = _unfolded(schema)
    return _Compiled(Draft202012Validator(schema, pattern_options=_LINEAR, offline=True), parts, patterns)


def _first(validator: Draft202012Validator, extra: Json) -> Iterator[Problem]:
    """Yield the first problem alone: there could be as many as values and parts together."""
    try:
        validator.validate(extra)
    except ValidationError as error:
        yield problem_of(error, _ADVICE)


@cache
def _meta_validator() -> Draft202012Validator:
    return Draft202012Validator({"$ref": _DIALECT}, offline=True)


def _unknown(facts: dict[str, object]) -> str:
    return f"there is no field {unexpected(facts)}; correct the name, or leave it out"


_ADVICE: Final[Advice] = ADVICE | {"additionalProperties": _unknown}
