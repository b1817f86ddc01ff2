"""Going back to a version that held a stage before: which one is meant, and whether it may."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from modelkeep.domains.governance.domain.clauses import Clause
from modelkeep.domains.governance.domain.policies import Rollback
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.references import Selector, parse_selector, parse_time

_AGO: Final = re.compile(r"(?P<count>[0-9]{1,4}) (?P<unit>minute|hour|day|week)s? ago")
_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_SHOWN: Final = 5
_SHOWN_OF_GOAL: Final = 80


class NothingHeldError(RegistryError):
    """No version held the stage at that time."""

    kind = Kind.NOT_FOUND
    code = "governance.nothing_held"


class RollbackBlockedError(RegistryError):
    """The version cannot be gone back to; the details list why."""

    kind = Kind.BLOCKED
    code = "governance.rollback_blocked"


@dataclass(frozen=True, slots=True)
class Held:
    """When a version held the stage last; `until` is None for now."""

    since: datetime
    until: datetime | None


def parse_goal(text: str, now: datetime) -> datetime | Selector:
    """Return what a rollback goes to: `7 days ago`, a date or time, or a version.

    Raises:
        InvalidValueError: it is none of them, or a time that has not come.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return now - int(ago["count"]) * _UNITS[ago["unit"]]
    if re.match(r"[0-9]{4}-", text.strip()):
        moment = parse_time(text.strip())
        if moment > now:
            raise InvalidValueError(f"{text.strip()} has not come yet; go back to a time that is over")
        return moment
    try:
        return parse_selector(text.strip())
    except InvalidValueError as error:
        raise InvalidValueError(
            f"{text.strip()[:_SHOWN_OF_GOAL]!r} is neither a time nor a version: give '7 days ago', 2026-11-16, "
            "2026-11-16T09:00Z, a number, a semantic version, or @ALIAS"
        ) from error


def held_clause(held: Held | None, stage: str, rule: Rollback, now: datetime, *, in_emergency: bool) -> Clause:
    """Return whether the version held the stage, and recently enough for the policy; emergencies do not count."""
    if held is None:
        says = f"it never held {stage}" + (" but in an emergency" if in_emergency else "")
        return Clause("held", holds=False, says=says, to_do=f"request a promotion to {stage} instead")
    until = held.until or now
    says = f"it held {stage} from {timestamp(held.since)} until {timestamp(until)}"
    if rule.held_within is not None and now - until > rule.held_within:
        says += f", which is more than {rule.held_within.days} days ago"
        return Clause("held", holds=False, says=says, to_do=f"request a promotion to {stage} instead")
    return Clause("held", holds=True, says=says)


def content_clause(problems: Sequence[str]) -> Clause:
    """Return whether all its files are stored, each with its size."""
    if not problems:
        return Clause("content", holds=True, says="all its files are stored")
    says = f"files are missing or damaged: {', '.join(problems[:_SHOWN])}"
    return Clause("content", holds=False, says=says, to_do="restore the object store from a backup")


def approval_clauses(changed: Sequence[str], rule: Rollback, *, approved: bool) -> Iterator[Clause]:
    """Yield whether the approvals that brought it there would still count; the policy says whether that stops it."""
    needed = rule.needs_valid_approvals
    if not approved:
        yield Clause("approvals", holds=not needed, says="nobody's approval brought it there", blocks=needed)
    elif changed:
        says = f"since its approvals there has changed: {', '.join(changed)}"
        yield Clause("approvals", holds=False, says=says, blocks=needed)
    else:
        yield Clause("approvals", holds=True, says="the approvals that brought it there would still count")
