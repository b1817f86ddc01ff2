"""Writes the vocabulary of the audit log for the documentation: `python -m modelkeep.app.vocabulary docs/reference`.

It makes the page for people, and the JSON document that the next run is compared with: a vocabulary only grows.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from modelkeep.domains.audit import VOCABULARY, EventType, cloud_type, growth_errors

PAGE: Final = "audit-events.md"
DOCUMENT: Final = "audit-vocabulary.json"
Document = Mapping[str, Any]

_INTRODUCTION: Final = """# Audit events

This page is written from the program: `uv run poe vocabulary`.

Every change makes one entry, or several, in the [audit log](../concepts/audit-log.md). An entry has a type, a subject,
data and texts. *Data* enters the log as it is: identifiers, digests and numbers, with decimals as text. *Texts* are
what people typed: the log holds a salted commitment to each, so the text can be erased. The list of an event's texts is
of what there may be; `tag:KEY` stands for one text a tag.

Types only grow. A type stays, its members stay, what is required stays required, and a new member is optional: whoever
reads an event today can read it for ever, and every old entry fits the newest schema. What would break that gets a new
type. [`audit-vocabulary.json`](audit-vocabulary.json) has all of it for programs, with a JSON Schema of each event's
data. Webhooks, streams and exports carry entries as [CloudEvents](#as-a-cloudevent).

"""
_RESERVED: Final = """
## Reserved types

These names are promised to capabilities that this release does not have. **Nothing records them yet**, and their schema
is a draft until something does.
"""
_LEAF: Final = """
## The leaf

An entry is one JSON document, the leaf. It is canonical JSON (RFC 8785) without floats:

| Member | Value |
|---|---|
| `v` | `1`, the version of this format |
| `seq` | place in the log, from 0, without gaps |
| `ts` | time of the entry, RFC 3339 in UTC with six decimals; it never goes back from one entry to the next |
| `actor` | `{type, id, via_token_id}`: `user`, `service`, `ci` or `system`; a pseudonymous id; the token used |
| `action` | name of the event in the log |
| `resource` | subject of the event |
| `before_digest`, `after_digest` | digest of the subject's facts before and after, as canonical JSON; null for none |
| `request_id` | the request, as in `X-Request-Id`; `startup` for what a server does at its start |
| `data` | the data of the event |
| `pii_commitments` | for each text its commitment, 64 hexadecimal digits |

The hash of a leaf is SHA-256 of the byte `0x00` followed by the document (RFC 6962, section 2.1). It is the `leaf_hash`
of a receipt.

A commitment is HMAC-SHA256 with a random salt of 32 bytes as the key, over the canonical JSON of `[field, text]`. Salt
and text are kept beside the log. Without them the commitment says nothing, and the leaf and its hash stay valid.

## As a CloudEvent

Outside of the registry an entry is a CloudEvent 1.0 in JSON:

| Attribute | Value |
|---|---|
| `specversion` | `1.0` |
| `id` | place in the log |
| `source` | this registry, as a URI: with the id it is unique |
| `type` | `io.modelkeep.` + the type in lower case + `.v1` |
| `subject` | subject of the event |
| `time` | time of the entry |
| `datacontenttype` | `application/json` |
| `dataschema` | `$id` of the schema in `audit-vocabulary.json` |
| `sequence` | place in the log in twenty digits, so that it sorts as text |
| `actorid`, `actortype` | who did it: a pseudonymous id |
| `requestid` | the request |
| `leafhash` | hash of the leaf, 64 hexadecimal digits |
| `data` | the data of the event; texts are not sent |
"""


def document() -> str:
    """Return the vocabulary for programs, sorted, as text that differs only when the vocabulary does."""
    described = {
        kind.type: {
            "name": kind.name,
            "cloud_event_type": cloud_type(kind.name),
            "subject": {"form": kind.subject.text.replace("`", ""), "pattern": kind.subject.pattern},
            "texts": kind.texts,
            "reserved": kind.reserved,
            "log": "access" if kind.in_access_log else "audit",
            "schema": kind.schema,
        }
        for kind in VOCABULARY.values()
    }
    return json.dumps({"format": 1, "types": described}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def page() -> str:
    """Return the vocabulary for people, in Markdown."""
    known = [kind for kind in VOCABULARY.values() if not kind.reserved]
    reserved = [kind for kind in VOCABULARY.values() if kind.reserved]
    overview = ["| Type | In the log | |\n|---|---|---|\n"]
    overview += [f"| [`{kind.type}`](#{kind.type.lower()}) | `{kind.name}` | {kind.description} |\n" for kind in known]
    sections = [*map(_section, known), _RESERVED, *map(_section, reserved)]
    return "".join([_INTRODUCTION, *overview, *sections, _LEAF])


def shrinkage(before: Document, after: Document) -> Iterator[str]:
    """Yield what a vocabulary has lost against an earlier one; a reserved schema is free to change."""
    for public, old in before["types"].items():
        new = after["types"].get(public)
        if new is None or new["name"] != old["name"]:
            yield f"{public}: the type is gone, or has another name in the log"
        elif new["reserved"] and not old["reserved"]:
            yield f"{public}: the type is recorded, and cannot be reserved again"
        elif not old["reserved"]:
            yield from (f"{public}: {problem}" for problem in growth_errors(old["schema"], new["schema"]))
            yield from (f"{public}: the text {name} is gone" for name in set(old["texts"]) - set(new["texts"]))


def _section(kind: EventType) -> str:
    lines = [f"\n### {kind.type}\n\n{kind.description}\n\n"]
    lines.append(f"Subject: {kind.subject.text}. Name in the log: `{kind.name}`.")
    if kind.in_access_log:
        lines.append(" It stands in the [access log](../concepts/audit-log.md#the-access-log).")
    if kind.texts:
        lines.append(f" Texts: {', '.join(f'`{name}`' for name in kind.texts)}.")
    lines.append("\n")
    if kind.data:
        lines.append("\n| Data | |\n|---|---|\n")
        lines += [
            f"| `{name}` | {_words(schema)}{'; may be missing' if name in kind.optional else ''} |\n"
            for name, schema in kind.data.items()
        ]
    return "".join(lines)


def _words(schema: Document) -> str:
    """Return a schema in words."""
    kinds = schema.get("type", "")
    if isinstance(kinds, list):
        return f"{_words({**schema, 'type': kinds[0]})} or null"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if kinds == "array":
        return f"list of {_words(schema['items'])}"
    if kinds == "object":
        return f"`{{{', '.join(schema.get('properties', {}))}}}`"
    known = {"^sha256": "digest", "^-?[0-9": "decimal as text"}
    by_pattern = [words for start, words in known.items() if schema.get("pattern", "").startswith(start)]
    plain: str = schema.get("format", kinds)
    return by_pattern[0] if by_pattern else {"string": "text", "date-time": "time"}.get(plain, plain)


def main(folder: Path) -> None:
    """Write both files, unless the vocabulary would shrink."""
    known, fresh = folder / DOCUMENT, document()
    before = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {"types": {}}
    lost = list(shrinkage(before, json.loads(fresh)))
    if lost:
        sys.exit("the vocabulary of the audit log only grows:\n" + "\n".join(lost))
    known.write_text(fresh, encoding="utf-8")
    (folder / PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
