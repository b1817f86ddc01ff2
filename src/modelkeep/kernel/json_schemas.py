"""The parts of a JSON Schema (draft 2020-12): what is a schema in it, and not a name or data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from modelkeep.kernel.canonical_json import Json

Place: TypeAlias = tuple[str | int, ...]
"""Names of members and places in arrays, from the whole schema down."""

_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_DATA: Final = frozenset({"const", "default", "dependentRequired", "enum", "examples"})


def subschemas(schema: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Yield the schemas directly inside of one, each with its place; what stands under `properties` is names."""
    for keyword, value in schema.items() if isinstance(schema, Mapping) else ():
        if keyword in _NAMED and isinstance(value, Mapping):
            yield from (((*place, keyword, name), inner) for name, inner in value.items())
        elif isinstance(value, Mapping) and keyword not in _DATA:
            yield (*place, keyword), value
        elif keyword in _LISTED and isinstance(value, Sequence) and not isinstance(value, str):
            yield from (((*place, keyword, index), inner) for index, inner in enumerate(value))


def keywords(schema: Json, place: Place = ()) -> Iterator[Place]:
    """Yield the place of each keyword of a schema, and of the schemas in it."""
    yield from ((*place, keyword) for keyword in (schema if isinstance(schema, Mapping) else ()))
    for inner_place, inner in subschemas(schema, place):
        yield from keywords(inner, inner_place)
