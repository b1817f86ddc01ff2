"""The whole reference: peer, model, selector and time."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self

from modelkeep.kernel.references.names import MODEL, NAMESPACE, PEER, ModelName
from modelkeep.kernel.references.selectors import Selector, read_selector
from modelkeep.kernel.references.spans import Span

MAX_LENGTH: Final = 1024

_FORMS: Final = """
Write one of
  fraud/scorer:1.4.0       this version         fraud/scorer:12            the version with this number
  fraud/scorer:^1.2        newest in a range    fraud/scorer@sha256:…      this content
  fraud/scorer@champion    alias                fraud/scorer@production    stage
with peer:: in front for another registry, and " as of 2026-11-16" or " as of 2026-11-16T09:00Z" behind for the past."""
_AS_OF: Final = re.compile(r"\s+as\s+of(?:\s+|$)", re.IGNORECASE)
_SIGN: Final = re.compile(r"[:@]")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?", re.IGNORECASE)
_ZONE: Final = re.compile(r"Z|[+-][0-9]{2}:[0-9]{2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """A model, or one version of it (`selector`), perhaps at another registry, perhaps as it was at a time.

    Raises:
        InvalidReferenceError: if a name breaks its rule, or the time has no zone.
    """

    peer: str | None
    namespace: str
    model: str
    selector: Selector | None = None
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a part that breaks its rule."""
        if self.peer is not None:
            PEER.check(Span.of(self.peer))
        NAMESPACE.check(Span.of(self.namespace))
        MODEL.check(Span.of(self.model))
        if self.as_of is not None and self.as_of.utcoffset() is None:
            Span.of(self.as_of.isoformat()).refuse("This time has no zone")

    @property
    def model_name(self) -> ModelName:
        """The model that is meant, whichever version."""
        return ModelName(self.namespace, self.model)

    def at(self, time: datetime | None) -> Self:
        """Return the reference as of a time; None leaves it as it is.

        Raises:
            InvalidReferenceError: it has a time of its own already.
        """
        if time is None:
            return self
        if self.as_of is not None:
            Span.of(str(self)).refuse("This reference has a time of its own; give one")
        return replace(self, as_of=time)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the reference in a text of at most 1024 characters; the time is in UTC, to the microsecond.

        Raises:
            InvalidReferenceError: if the text is no reference; the message shows the place and lists the forms.
        """
        whole = Span.of(text, _FORMS)
        if len(text) > MAX_LENGTH:
            whole.refuse(f"A reference has at most {MAX_LENGTH} characters", MAX_LENGTH)
        as_of = _AS_OF.search(text)
        peer, rest = (whole if as_of is None else whole.part(0, as_of.start())).partition("::")
        sign = _SIGN.search(rest.text)
        peer_name = None if peer is None else PEER.check(peer)
        name = ModelName.read(rest if sign is None else rest.part(0, sign.start()))
        selector = None if sign is None else read_selector(rest.part(sign.start()))
        time = None if as_of is None else _read_time(whole.part(as_of.end()))
        return cls(peer_name, name.namespace, name.name, selector, time)

    def __str__(self) -> str:
        """Return the canonical text: with the namespace, and with the time in UTC to the second or microsecond."""
        peer = "" if self.peer is None else f"{self.peer}::"
        selector = "" if self.selector is None else str(self.selector)
        as_of = "" if self.as_of is None else f" as of {_utc(self.as_of)}"
        return f"{peer}{self.namespace}/{self.model}{selector}{as_of}"


def parse_time(text: str) -> datetime:
    """Return the time in a text, in UTC: `2026-11-16`, `2026-11-16T09:00Z` or `2026-11-16T09:00:00+01:00`.

    Raises:
        InvalidReferenceError: it is no date, or a time without a zone.
    """
    return _read_time(Span.of(text))


def _read_time(span: Span) -> datetime:
    """Return the time in a span in UTC (RFC 3339, where the seconds, or all but the date, may be left out)."""
    text = span.text
    date = _DATE.match(text)
    if date is None:
        span.refuse("A date or a time must stand here, such as 2026-11-16 or 2026-11-16T09:00Z")
    if date.end() == len(text):
        return _moment(span, f"{text}T00:00Z")
    time = _TIME.match(text, date.end())
    if time is None:
        span.refuse("A time is written behind its date as T09:00Z", date.end())
    if time.end() == len(text):
        span.refuse("A time needs its zone: add Z for UTC, or an offset such as +01:00", time.end())
    if not _ZONE.fullmatch(text, time.end()):
        span.refuse("A zone is written as Z for UTC, or as an offset such as +01:00", time.end())
    return _moment(span, text.upper())


def _moment(span: Span, iso: str) -> datetime:
    try:
        return datetime.fromisoformat(iso).astimezone(UTC)
    except (ValueError, OverflowError):
        span.refuse("There is no such date or time")


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
