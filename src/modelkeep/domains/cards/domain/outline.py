"""A card as people read it: headings, texts, lists and tables, whatever language they are then written in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from modelkeep.domains.cards.domain.schema import Document, card_schema
from modelkeep.kernel.canonical_json import Json

_SHORT: Final = 120
_HIDDEN: Final = frozenset({"schema_version"})
_PLOT: Final = "plots"


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows; level 2 is that of a section."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A text in Markdown, as somebody wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of texts in Markdown."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain texts below their titles; each row has as many cells."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An attachment that is shown, by its digest."""

    digest: str
    title: str
    alt: str


Block: TypeAlias = Heading | Prose | Items | Table | Picture


def outline(card: Document) -> Iterator[Block]:
    """Yield the blocks of a card, section by section in the order of the schema; nothing of it is left out."""
    sections = card_schema()["properties"]
    assert isinstance(sections, Mapping)  # noqa: S101 - the schema is ours
    for name in sections:
        if name in card and name not in _HIDDEN:
            yield Heading(2, label(name))
            yield from _value(card[name], 3)


def label(name: str) -> str:
    """Return the name of a field as a title."""
    return name.replace("_", " ").capitalize()


def _value(value: Json, level: int) -> Iterator[Block]:
    if isinstance(value, Mapping):
        yield from _object(value, level)
    elif isinstance(value, str) or not isinstance(value, Sequence):
        yield Prose(plain(value))
    elif all(isinstance(item, str) for item in value):
        yield Items(tuple(map(str, value)))
    elif all(isinstance(item, Mapping) for item in value):
        yield from _objects([item for item in value if isinstance(item, Mapping)], level)
    else:
        yield Table(("Value",), tuple((plain(item),) for item in value))


def _object(value: Mapping[str, Json], level: int) -> Iterator[Block]:
    """Yield texts first, then a table of what is short, then what has parts of its own."""
    description = value.get("description")
    if isinstance(description, str) and description:
        yield Prose(description)
    short = {name: item for name, item in value.items() if name != "description" and _is_short(item)}
    if short:
        yield Table(("Field", "Value"), tuple((label(name), plain(item)) for name, item in short.items()))
    for name, item in value.items():
        if name == "description" or name in short or item in ("", [], {}):
            continue
        yield Heading(level, label(name))
        yield from _plots(item) if name == _PLOT else _value(item, min(level + 1, 6))


def _objects(items: Sequence[Mapping[str, Json]], level: int) -> Iterator[Block]:
    """Yield a table of objects that have short fields only, else one after the other."""
    if all(_is_flat(item) for item in items):
        names = list(dict.fromkeys(name for item in items for name in item))
        rows = tuple(tuple(plain(item.get(name)) for name in names) for item in items)
        yield Table(tuple(map(label, names)), rows)
        return
    for place, item in enumerate(items, start=1):
        yield Heading(level, str(item.get("name") or item.get("title") or item.get("role") or place))
        yield from _object({name: inner for name, inner in item.items() if name != "name"}, min(level + 1, 6))


def _plots(plots: Json) -> Iterator[Block]:
    for plot in plots if isinstance(plots, Sequence) else ():
        if not isinstance(plot, Mapping):
            continue
        title = plain(plot.get("title"))
        if plot.get("kind") == "image":
            yield Picture(plain(plot.get("digest")), title, plain(plot.get("alt")))
        else:
            yield Heading(6, title)
            yield from _plot(plot)
        if plot.get("description"):
            yield Prose(plain(plot["description"]))


def _plot(plot: Mapping[str, Json]) -> Iterator[Block]:
    labels = [plain(item) for item in _items(plot.get("labels"))]
    if plot.get("kind") == "bar":
        values = [plain(item) for item in _items(plot.get("values"))]
        yield Table(("Label", "Value"), tuple(zip(labels, values, strict=False)))
    elif plot.get("kind") == "matrix":
        rows = [[plain(cell) for cell in _items(row)] for row in _items(plot.get("matrix"))]
        width = max(map(len, rows), default=0)
        titles = [labels[place] if place < len(labels) else str(place) for place in range(max(width, len(rows)))]
        padded = (row + [""] * (width - len(row)) for row in rows)
        yield Table(("", *titles[:width]), tuple((titles[place], *row) for place, row in enumerate(padded)))
    else:
        series = [item for item in _items(plot.get("series")) if isinstance(item, Mapping)]
        rows_of = [(plain(item.get("name")), len(_items(item.get("points")))) for item in series]
        yield Table(("Series", "Points"), tuple((name, str(count)) for name, count in rows_of))


def plain(value: Json) -> str:
    """Return a value as a text on one or more lines."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping) and not any(isinstance(item, Mapping | list) for item in value.values()):
        return ", ".join(f"{name}: {plain(item)}" for name, item in value.items())
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def _is_short(value: Json) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= _SHORT and "\n" not in value
    return isinstance(value, int | float)


def _is_flat(item: Mapping[str, Json]) -> bool:
    """Say whether an object fits a row: short fields, and objects of such."""
    return all(
        _is_short(value)
        or value == ""
        or (isinstance(value, Mapping) and len(plain(value)) <= _SHORT and _is_flat(value))
        for value in item.values()
    )


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
