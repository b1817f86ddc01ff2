"""What an event of the audit log may carry: its public type, its subject, and the JSON Schema of its data.

A type is part of the public contract and only ever grows: `growth_errors` says what would break it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias, cast

from modelkeep.kernel.events import Event, Json

Schema: TypeAlias = Mapping[str, Json]
"""A JSON Schema (draft 2020-12) of one member of an event's data."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
WHOLE_REGISTRY: Final = "*"
TEXT: Final[Schema] = {"type": "string"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
INTEGER: Final[Schema] = {"type": "integer"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
DIGEST: Final[Schema] = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
DECIMAL: Final[Schema] = {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?$"}


def nullable(schema: Schema) -> Schema:
    """Return the schema of a value that may also be null."""
    return {**schema, "type": [cast("str", schema["type"]), "null"]}


def list_of(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def an_object(members: Mapping[str, Schema], *, optional: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of an object with these members; others may join them one day."""
    return {"type": "object", "properties": members, "required": sorted(members.keys() - optional)}


def public_type(name: str) -> str:
    """Return the name of an event for the world outside: `MODEL_CREATED` for `catalog.model_created`."""
    return name.partition(".")[2].upper()


def schema_id(public: str) -> str:
    """Return the URI of the schema of a public type's data; it grows and is never another one, so `v1` stays."""
    return f"urn:modelkeep:event:{public.lower()}:v1"


class UndocumentedEventError(RuntimeError):
    """An event is not in the vocabulary, or carries what its type does not declare; nothing is committed."""


class Place(NamedTuple):
    """Where a subject belongs: its namespace, and its model's whole name; empty texts for none."""

    namespace: str
    model: str


@dataclass(frozen=True, slots=True)
class SubjectForm:
    """What the subject of an event looks like: as the documentation writes it, and as a pattern.

    `placed` ones begin with `namespace` or `namespace/model`: who may read the log of that reads them. The others
    concern the whole registry.
    """

    text: str
    pattern: str
    placed: bool = False

    def place_of(self, subject: str) -> Place:
        """Return the namespace and the model that a subject belongs to."""
        name = re.split("[:@]", subject, maxsplit=1)[0]
        if not self.placed or not name or name == WHOLE_REGISTRY:
            return Place("", "")
        namespace, slash, _ = name.partition("/")
        return Place(namespace, name if slash else "")


@dataclass(frozen=True, slots=True)
class EventType:
    """One name of the vocabulary.

    `data` has the schema of each member; those in `optional` may be missing. `texts` are the names of what people
    typed, `tag:KEY` for one text a tag; any of them may be missing. A `reserved` name is promised to a later release:
    nothing records it yet, and its schema is a draft. Reads of content stand in the access log, not in this one.
    """

    name: str
    subject: SubjectForm
    description: str
    data: Mapping[str, Schema] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    reserved: bool = False
    in_access_log: bool = False

    @property
    def type(self) -> str:
        """The name for the world outside, see `public_type`."""
        return public_type(self.name)

    @property
    def schema(self) -> Schema:
        """The JSON Schema of its data, as it is published."""
        return {
            "$schema": DIALECT,
            "$id": schema_id(self.type),
            "title": self.type,
            "description": self.description,
            **an_object(self.data, optional=self.optional),
        }

    def check(self, event: Event) -> None:
        """Refuse an event that carries less or more than the type declares.

        Raises:
            UndocumentedEventError: a member of the data is missing or not declared, or a text is not declared.
        """
        given = event.data.keys()
        texts = {name.partition(":")[0] for name in event.texts}
        strange = (given - self.data.keys()) | (texts - {name.partition(":")[0] for name in self.texts})
        missing = self.data.keys() - self.optional - given
        if self.reserved or strange or missing:
            raise UndocumentedEventError(
                f"{event.name} is reserved, or differs from its entry in domains/audit/domain/vocabulary: "
                f"missing {sorted(missing)}, not declared {sorted(strange)}"
            )

    def describes(self, subject: str) -> bool:
        """Say whether a subject has the form that events of this type have."""
        return re.fullmatch(self.subject.pattern, subject) is not None


def growth_errors(before: Schema, after: Schema, *, at: str = "data") -> Iterator[str]:
    """Yield what a reader of the old schema, or an entry made under it, would stumble over in the new one."""
    if _kinds(before) != _kinds(after):
        yield f"{at}: the type was {before.get('type')}, and is {after.get('type')}"
    if before.get("pattern") != after.get("pattern") or before.get("format") != after.get("format"):
        yield f"{at}: the pattern or format is another one"
    if not set(_names(before, "enum")) <= set(_names(after, "enum")):
        yield f"{at}: values are gone that older entries have"
    if set(_names(before, "required")) != set(_names(after, "required")):
        yield f"{at}: what is required has changed; a new member is optional, and stays so"
    old, new = _members(before), _members(after)
    yield from (f"{at}.{name}: is gone" for name in old.keys() - new.keys())
    for name in old.keys() & new.keys():
        yield from growth_errors(old[name], new[name], at=f"{at}.{name}")
    if "items" in before and "items" in after:
        yield from growth_errors(cast("Schema", before["items"]), cast("Schema", after["items"]), at=f"{at}[]")


def _kinds(schema: Schema) -> set[str]:
    kinds = schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(cast("list[str]", kinds))


def _names(schema: Schema, keyword: str) -> list[str]:
    return cast("list[str]", schema.get(keyword, []))


def _members(schema: Schema) -> Mapping[str, Schema]:
    return cast("Mapping[str, Schema]", schema.get("properties", {}))
