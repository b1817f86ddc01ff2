"""Loads frameworks: those that come with the program, and those in a folder of the organisation's own."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from jsonschema_rs import Draft202012Validator

from modelkeep.domains.cards.domain.errors import InvalidFrameworkError
from modelkeep.domains.cards.domain.frameworks import FIELD, Ask, Clause, Framework
from modelkeep.domains.cards.domain.paths import written
from modelkeep.domains.cards.domain.schema import card_schema
from modelkeep.platform.yaml_documents import InvalidYamlError, YamlDocument, read_yaml

SHIPPED: Final = Path(__file__).parents[1] / "frameworks"
MAX_FILE: Final = 1024 * 1024
_SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 5000}
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "title", "edition", "source", "clauses"],
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
        "title": _TEXT,
        "edition": _TEXT,
        "source": _TEXT,
        "clauses": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "asks", "answered_by"],
                "properties": {
                    "id": {"type": "string", "minLength": 1, "maxLength": 100},
                    "asks": _TEXT,
                    "weight": {"type": "integer", "minimum": 1, "maximum": 100},
                    "answered_by": {"type": "array", "minItems": 1, "maxItems": 100, "items": _TEXT},
                },
            },
        },
    },
}


def load_frameworks(folder: Path | None = None) -> Mapping[str, Framework]:
    """Return the frameworks there are, by id: a file of the folder takes the place of a shipped one of the same id.

    Raises:
        InvalidFrameworkError: a file is no framework; the message says which, and at which line and column.
    """
    found = list(_shipped())
    if folder is not None:
        if not folder.is_dir():
            raise InvalidFrameworkError(f"{folder} is no folder; MODELKEEP_FRAMEWORKS_DIR names one with YAML files")
        found += [_load(file) for file in sorted(folder.iterdir()) if file.suffix in _SUFFIXES]
    return {framework.id: framework for framework in found}


@cache
def _shipped() -> tuple[Framework, ...]:
    return tuple(_load(file) for file in sorted(SHIPPED.glob("*.yaml")))


def _load(file: Path) -> Framework:
    try:
        document = read_yaml(file.read_text(encoding="utf-8"), max_chars=MAX_FILE)
    except (InvalidYamlError, UnicodeDecodeError, OSError) as error:
        raise InvalidFrameworkError(f"{file}: {error}") from error
    for wrong in Draft202012Validator(_SCHEMA).iter_errors(document.value):
        raise _refused(file, document, tuple(wrong.instance_path), wrong.message)
    value = cast("dict[str, Any]", document.value)
    clauses = tuple(_clause(file, document, place) for place in range(len(value["clauses"])))
    names = [clause.id for clause in clauses]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise _refused(file, document, ("clauses", place, "id"), f"the clause {name!r} is there twice")
    return Framework(value["id"], value["title"], value["edition"], value["source"], clauses)


def _clause(file: Path, document: YamlDocument, place: int) -> Clause:
    value = cast("dict[str, Any]", document.value)["clauses"][place]
    asks = tuple(Ask(tuple(field.strip() for field in text.split("|"))) for text in value["answered_by"])
    for number, ask in enumerate(asks):
        for field in ask.alternatives:
            if not is_field(field):
                where = ("clauses", place, "answered_by", number)
                raise _refused(file, document, where, f"a card has no field {field!r}; write one as in uses.intended")
    return Clause(value["id"], value["asks"], asks, value.get("weight", 1))


def _refused(file: Path, document: YamlDocument, path: tuple[str | int, ...], problem: str) -> InvalidFrameworkError:
    line, column = document.place_of(path)
    return InvalidFrameworkError(f"{file}: line {line}, column {column}: {written(path)}: {problem}")


@cache
def is_field(text: str) -> bool:
    """Say whether a card can have a field, by the schema; below `extra` it can have any."""
    if FIELD.fullmatch(text) is None:
        return False
    schema: dict[str, Any] = dict(card_schema())
    for step in text.split("."):
        if step == "extra":
            return True
        schema = _resolved(schema.get("properties", {}).get(step.removesuffix("[]"), {}))
        if step.endswith("[]"):
            schema = _resolved(schema.get("items", {}))
        if not schema:
            return False
    return True


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with what it refers to."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    definitions = cast("dict[str, Any]", card_schema()["$defs"])
    return {**definitions[reference.rpartition("/")[2]], **schema}
