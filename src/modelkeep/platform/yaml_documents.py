"""YAML that people write: read as the JSON it stands for, with the place of each value, and written back.

Only what has one meaning as JSON is read: the core schema of YAML 1.2.2 (section 10.3), so that `no` and `2026-11-16`
are texts; no anchors, no tags, no key twice, one document. The parser is PyYAML's, which knows YAML 1.1 and decides
nothing here but the structure.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, cast

import yaml

from modelkeep.kernel.canonical_json import MAX_DEPTH, MAX_INTEGER, Json
from modelkeep.kernel.errors import InvalidValueError

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys of mappings and places in lists."""

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,20}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BASES: Final = {"0o": 8, "0x": 16}
_TEXT_TAG: Final = "tag:yaml.org,2002:str"
_UNTAGGED: Final = (None, "!")

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Final[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Place(NamedTuple):
    """A place in a text, counted from 1 as editors do."""

    line: int
    column: int


class InvalidYamlError(InvalidValueError):
    """The text is not YAML, or holds what has no one meaning as JSON."""

    code = "platform.invalid_yaml"

    @classmethod
    def at(cls, place: Place, problem: str) -> "InvalidYamlError":
        """Return the error for a place in the text."""
        message = f"line {place.line}, column {place.column}: {problem}"
        return cls(message, line=place.line, column=place.column)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A value, and where in the text each part of it begins; that of a member is where its key begins."""

    value: Json
    places: Mapping[Path, Place]

    def place_of(self, path: Path) -> Place:
        """Return where a part begins; of one that is not there, where the nearest part around it does."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; `key` is the one whose value comes next."""

    value: dict[str, Json] | list[Json]
    path: Path
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Makes a value of parser events without recursion, so that depth is limited before anything overflows."""

    max_depth: int
    places: dict[Path, Place] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    documents: list[Json] = field(default_factory=list)

    def feed(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events have no useful types
        """Take the next event."""
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise InvalidYamlError.at(place, "anchors and aliases are not read; write the value out")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event, place)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()

    def _scalar(self, event: Any, place: Place) -> None:  # noqa: ANN401 - as above
        top = self.stack[-1] if self.stack else None
        value = _scalar(event, place)
        if top is not None and isinstance(top.value, dict) and top.key is None:
            if not isinstance(value, str):
                raise InvalidYamlError.at(place, f"the key {event.value[:80]!r} is not text; write it in quotes")
            if value in top.value:
                raise InvalidYamlError.at(place, f"the key {value[:80]!r} is there twice; keep one")
            top.key = value
            self.places[*top.path, value] = place
            return
        self._put(value, place)

    def _open(self, event: Any, place: Place) -> None:  # noqa: ANN401 - as above
        if event.tag not in _UNTAGGED:
            raise InvalidYamlError.at(place, f"the tag {event.tag[:80]!r} is not read; leave it out")
        if len(self.stack) >= self.max_depth:
            raise InvalidYamlError.at(place, f"this is nested deeper than {self.max_depth} levels; flatten it")
        made: dict[str, Json] | list[Json] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(made, self._put(made, place)))

    def _put(self, value: Json, place: Place) -> Path:
        """Put a value where it belongs, and return its path."""
        if not self.stack:
            if self.documents:
                raise InvalidYamlError.at(place, "there is a second document; send one")
            self.documents.append(value)
            return self._note((), place)
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            return self._note((*top.path, len(top.value) - 1), place)
        if top.key is None:
            raise InvalidYamlError.at(place, "a key is a list or a mapping; keys are texts")
        path = (*top.path, top.key)
        top.value[top.key], top.key = value, None
        return path

    def _note(self, path: Path, place: Place) -> Path:
        self.places.setdefault(path, place)
        return path


def read_yaml(text: str, *, max_chars: int, max_depth: int = MAX_DEPTH) -> YamlDocument:
    """Read a YAML document as JSON, and where each part of it is; an empty one is null.

    Raises:
        InvalidYamlError: it is not YAML, too long or nested too deep, or has parts that JSON does not; the details
            hold `line` and `column`.
    """
    if len(text) > max_chars:
        raise InvalidYamlError(f"the document has {len(text)} characters; at most {max_chars} are read")
    builder = _Builder(max_depth)
    try:
        for event in _events(text):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise InvalidYamlError.at(place, error.problem or "this is not YAML") from None
    except (yaml.YAMLError, UnicodeEncodeError):
        raise InvalidYamlError("the document holds characters that YAML does not; write them as escapes") from None
    return YamlDocument(builder.documents[0] if builder.documents else None, builder.places)


def write_yaml(value: Json) -> str:
    """Return a JSON value as YAML for people, in the order it has, which `read_yaml` reads back.

    Texts that a reader of YAML 1.1 or 1.2 would take for something else stand in quotes.
    """
    document: str = yaml.dump(value, Dumper=_PlainDumper, allow_unicode=True, sort_keys=False, width=100)
    return document.removesuffix("...\n")


class _PlainDumper(_Dumper):  # type: ignore[misc]  # its C base has no types
    """Writes texts of several lines as blocks, and never an alias."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        """Write a value out each time."""
        return True


def _represent_text(dumper: Any, text: str) -> Any:  # noqa: ANN401 - as above
    lines = text.splitlines()
    block = len(lines) > 1 and text.split("\n") in (lines, [*lines, ""]) and not text.startswith((" ", "\n"))
    return dumper.represent_scalar(_TEXT_TAG, text, style="|" if block else None)


_PlainDumper.add_representer(str, _represent_text)
_PlainDumper.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(f"^(?:{_INTEGER.pattern})$"), list("-+0123456789")
)
_PlainDumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(f"^(?:{_FLOAT.pattern})$"), list("-+.0123456789")
)


def _events(text: str) -> Iterator[Any]:
    return cast("Iterator[Any]", yaml.parse(text, Loader=_Loader))


def _scalar(event: Any, place: Place) -> Json:  # noqa: ANN401 - as above
    text: str = event.value
    if event.tag not in _UNTAGGED:
        raise InvalidYamlError.at(place, f"the tag {event.tag[:80]!r} is not read; leave it out")
    if not event.implicit[0]:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    return _number(text, place)


def _number(text: str, place: Place) -> Json:
    """Return the number that a plain text is, or the text."""
    if _NOT_FINITE.fullmatch(text):
        raise InvalidYamlError.at(place, f"{text} is no number of JSON; leave it out, or write it in quotes")
    if _INTEGER.fullmatch(text):
        base = _BASES.get(text[:2], 10)
        number = int(text if base == 10 else text[2:], base)  # noqa: PLR2004 - decimal
        if abs(number) > MAX_INTEGER:
            raise InvalidYamlError.at(place, f"{text} is beyond 2^53-1 and not exact in JSON; write it in quotes")
        return number
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not math.isfinite(value):
            raise InvalidYamlError.at(place, f"{text} is too great for a number; write it in quotes")
        return value
    return text
