"""Texts that would run in a browser which took them for markup, and the places where the API takes a text."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from html import escape
from typing import Any, Final
from urllib.parse import quote

Step = str | int
Place = tuple[Step, ...]
"""Where in a JSON document: names of members, and positions."""

NEW_KEY: Final = "\0key"
"""The step to a member that is called as the text is."""

_SCRIPTS: Final = (
    "<script>registry(1)</script>",
    "<img src=q onerror=registry(2)>",
    "<svg onload=registry(3)>",
    "<iframe srcdoc='<script>registry(4)</script>'></iframe>",
    "<a href=javascript:registry(5)>look</a>",
    "<details open ontoggle=registry(6)>",
    "<input autofocus onfocus=registry(7)>",
    "<math><mtext><style><img src=q onerror=registry(8)>",
    "<object data=data:text/html,<script>registry(9)</script>>",
    "<base href=//elsewhere.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:registry(11)'>",
    "<form action=//elsewhere.example><button>Log in</button></form>",
    "<style>@import '//elsewhere.example/own.css';</style>",
    "javascript:registry(14)",
    "data:text/html,<script>registry(15)</script>",
    "' onmouseover='registry(16)",
    "{{constructor.constructor('registry(17)')()}}",
    "${registry(18)}#{registry(18)}<%= registry(18) %>",
    '=HYPERLINK("//elsewhere.example";"look")',
    "[look](javascript:registry(20))",
)
_VARIANTS: Final[tuple[Callable[[str], str], ...]] = (
    lambda text: text,
    lambda text: f"\"'>{text}",
    lambda text: f"</title></style></textarea>--></script>{text}",
    lambda text: text.swapcase(),
    lambda text: quote(text, safe=""),
    lambda text: f"&quot;&gt;{escape(text)}",
    lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    lambda text: "\\u0022" + text.replace("<", "\\u003c").replace("'", "\\x27"),
    lambda text: text.replace("<", "\uff1c").replace("script", "scr\u017fipt") + "\u2028\u202e",
    lambda text: text.replace("<", "<\t").replace(":", "\n:") + "\r\nX-Own: 1\r\n\r\n" + text,
)


def hostile_texts(count: int) -> list[str]:
    """Return so many of them, up to 200: of each kind and each spelling as long as there are few."""
    every = [
        vary(_SCRIPTS[(row + column) % len(_SCRIPTS)])
        for row in range(len(_SCRIPTS))
        for column, vary in enumerate(_VARIANTS)
    ]
    assert len(set(every)) == 200
    return every[:count]


def places(schema: Mapping[str, Any], schemas: Mapping[str, Any], example: object) -> set[Place]:
    """Return where a document of this schema takes a text; a list is entered at its first item."""
    return set(_places(schema, schemas, example))


def _places(schema: Mapping[str, Any], schemas: Mapping[str, Any], example: object) -> Iterator[Place]:
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for choice in schema.get("anyOf", ()):
        yield from _places(choice, schemas, example)
    kind = schema.get("type")
    if kind == "string" or not (kind or "anyOf" in schema):
        yield ()
    if kind == "array":
        first = example[0] if isinstance(example, list) and example else None
        yield from ((0, *rest) for rest in _places(schema["items"], schemas, first))
    if kind == "object":
        yield from _members(schema, schemas, example if isinstance(example, dict) else {})


def _members(schema: Mapping[str, Any], schemas: Mapping[str, Any], example: Mapping[str, object]) -> Iterator[Place]:
    members = dict(schema.get("properties", {}))
    if "properties" not in schema:
        free = schema.get("additionalProperties")
        members = dict.fromkeys([*example, NEW_KEY], free if isinstance(free, dict) else {})
    for name, member in members.items():
        yield from ((name, *rest) for rest in _places(member, schemas, example.get(name)))


def with_text(example: object, place: Place, text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the document with the text in a place."""
    if not place:
        return text
    step, *rest = place
    if isinstance(step, int):
        items = deepcopy(example) if isinstance(example, list) and example else [None]
        items[step] = with_text(items[step], tuple(rest), text)
        return items
    members = deepcopy(example) if isinstance(example, dict) else {}
    if step == NEW_KEY:
        return members | {text: text}
    return members | {step: with_text(members.get(step), tuple(rest), text)}
