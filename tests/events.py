"""Holds an event against its entry in the vocabulary, with a real validator of JSON Schema."""

from collections.abc import Mapping
from functools import cache

import jsonschema_rs

from modelkeep.domains.audit import VOCABULARY
from modelkeep.kernel.events import Json


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(VOCABULARY[name].schema), validate_formats=True)


def check_event(name: str, subject: str, data: Mapping[str, Json]) -> None:
    """Fail unless the data fits the schema of the event's type, and the subject its form."""
    _validator(name).validate(dict(data))
    assert VOCABULARY[name].describes(subject), f"{name}: {subject!r} is not {VOCABULARY[name].subject.text}"
