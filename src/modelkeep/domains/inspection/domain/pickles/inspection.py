"""Looks at a file of pickles, one after the other, and at the pickles within their constants."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList, is_dangerous
from modelkeep.domains.inspection.domain.pickles.machine import NESTED_WINDOW, Machine
from modelkeep.domains.inspection.domain.pickles.opcodes import HANDLERS, STOP
from modelkeep.domains.inspection.domain.pickles.sightings import (
    Budget,
    LimitReachedError,
    MalformedPickleError,
    Sightings,
    UnclearPickleError,
)
from modelkeep.domains.inspection.domain.pickles.streams import ByteStream, TooManyBytesError
from modelkeep.domains.inspection.domain.pickles.values import Global, Value
from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict

_TORCH_MAGIC: Final = 0x1950A86A20F9469CFC6C
_TORCH_PICKLES: Final = 5
_MOST_PICKLES: Final = 10_000
_MOST_NESTING: Final = 3
_HEADERS: Final = tuple(bytes((0x80, protocol)) for protocol in range(6))
_HEADERS_AS_TEXT: Final = tuple(header.decode("latin-1").encode() for header in _HEADERS)
_LEAST_NESTED: Final = 4


@dataclass(frozen=True, slots=True)
class PickleReport:
    """What is wrong with a file of pickles; that something was not followed is a finding, too.

    `called_findings` hold whatever else the file is: names that are called before anything is malformed.
    """

    findings: tuple[Finding, ...]
    called_findings: tuple[Finding, ...]


def looks_like_pickle(head: bytes) -> bool:
    """Say whether a file begins with the header of protocols 2 to 5."""
    return head.startswith(_HEADERS)


def inspect_pickles(stream: ByteStream, path: str, allowed: AllowList) -> PickleReport:
    """Walk every pickle of a file; each name that is not allowed is a finding, and so is all that is not clear."""
    walk = _Walk(path, allowed)
    try:
        walk.file(stream)
    except LimitReachedError as error:
        walk.inconclusive("pickle.limit", str(error))
    except TooManyBytesError:
        walk.inconclusive("pickle.limit", "more bytes than are looked at")
    except UnclearPickleError as error:
        walk.inconclusive("pickle.unclear", f"what follows cannot be told: {error}")
    except MalformedPickleError as error:
        walk.inconclusive("pickle.malformed", f"it cannot be loaded: {error}")
    return walk.report()


@dataclass(slots=True)
class _Walk:
    path: str
    allowed: AllowList
    seen: Sightings = field(default_factory=Sightings)
    within: Sightings = field(default_factory=Sightings)
    budget: Budget = field(default_factory=Budget)
    depth: int = 0

    def file(self, stream: ByteStream) -> None:
        first = self.pickle(stream)
        is_torch = first == _TORCH_MAGIC
        for number in range(2, _MOST_PICKLES):
            if stream.ended() or (is_torch and number > _TORCH_PICKLES):
                return
            try:
                self.pickle(stream)
            except MalformedPickleError:
                self.inconclusive("pickle.trailing", f"after pickle {number - 1} come bytes that are none")
                return
        raise LimitReachedError(f"more than {_MOST_PICKLES} pickles")

    def pickle(self, stream: ByteStream) -> Value:
        return Machine(stream, self.seen, self.budget, HANDLERS, self.nested, arrays=True).run()

    def nested(self, data: bytes) -> None:
        """Look into a constant: a pickle in it does nothing by itself, but something may load it later."""
        has_header, data = _unwrapped(data)
        if not has_header and not _may_name(data):
            return
        if self.depth >= _MOST_NESTING:
            raise LimitReachedError(f"pickles within pickles, {_MOST_NESTING} deep")
        seen = Sightings()
        stream = ByteStream(BytesIO(data))
        self.depth += 1
        try:
            Machine(stream, seen, self.budget, HANDLERS, self.nested).run()
        except UnclearPickleError:
            pass
        except MalformedPickleError:
            if has_header and len(data) == NESTED_WINDOW and stream.ended():
                self.inconclusive("pickle.nested_limit", "a pickle within it is longer than is looked at")
        finally:
            self.depth -= 1
        for name in seen.names if has_header else seen.called:
            self.within.name(name)

    def inconclusive(self, rule: str, message: str) -> None:
        self.seen.problem(rule, Verdict.INCONCLUSIVE, message)

    def report(self) -> PickleReport:
        unlisted = {name: self._unlisted(name, "names") for name in self.seen.names if not self.allowed.allows(name)}
        called = tuple(finding for name, finding in unlisted.items() if name in self.seen.called)
        findings = [
            *unlisted.values(),
            *(self._unlisted(name, "holds a pickle that names") for name in self.within.names if not self._known(name)),
            *(Finding.of(rule, verdict, self.path, message) for rule, verdict, message in self.seen.problems),
        ]
        return PickleReport(tuple(findings), called)

    def _known(self, name: Global) -> bool:
        return name in self.seen.names or self.allowed.allows(name)

    def _unlisted(self, name: Global, verb: str) -> Finding:
        full = f"{name.module}.{name.name}"
        if is_dangerous(name):
            return Finding.of(
                "pickle.dangerous_name", Verdict.MALICIOUS, self.path, f"it {verb} {full}, which can run anything"
            )
        return Finding.of(
            "pickle.unlisted_name", Verdict.SUSPICIOUS, self.path, f"it {verb} {full}, which is not on the allow-list"
        )


def _unwrapped(data: bytes) -> tuple[bool, bytes]:
    """Say whether a constant begins as a pickle does; bytes that protocol 2 keeps as text become bytes again."""
    if data.startswith(_HEADERS):
        return True, data
    if data.startswith(_HEADERS_AS_TEXT):
        return True, data.decode("utf-8", "ignore").encode("latin-1", "replace")
    return False, data


def _may_name(data: bytes) -> bool:
    """Say whether bytes without a header could be a pickle that names something."""
    if len(data) < _LEAST_NESTED or (data[0] not in HANDLERS and data[0] != STOP):
        return False
    return data.count(b"\n", 0, 65536) > 1 or any(code in data for code in (b"\x93", b"\x82", b"\x83", b"\x84"))
