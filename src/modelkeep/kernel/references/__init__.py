"""How people and programs name a model, a version of it, or a version as it was at some time: one parser for all forms.

    reference := [peer "::"] model [selector] [" as of " time]
    model     := [namespace "/"] name                         a bare name is in the namespace `default`
    selector  := ":" number | ":" version | ":" range | "@" alias | "@" stage | "@" digest
    time      := date | RFC 3339 date and time                a date alone is the start of that day in UTC

A bare integer is always the number of a version; a range carries an operator or an `x`. `str()` of every value here is
its canonical text, which parses to an equal value.
"""

from modelkeep.kernel.references.names import DEFAULT_NAMESPACE, ModelName, check_namespace
from modelkeep.kernel.references.reference import Reference, parse_time
from modelkeep.kernel.references.selectors import (
    Alias,
    ByDigest,
    Exact,
    Matching,
    Number,
    Selector,
    parse_selector,
)
from modelkeep.kernel.references.spans import InvalidReferenceError

__all__ = [
    "DEFAULT_NAMESPACE",
    "Alias",
    "ByDigest",
    "Exact",
    "InvalidReferenceError",
    "Matching",
    "ModelName",
    "Number",
    "Reference",
    "Selector",
    "check_namespace",
    "parse_selector",
    "parse_time",
]
