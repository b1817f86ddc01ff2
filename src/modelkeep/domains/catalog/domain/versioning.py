"""Which semantic version the next one gets, and whether it says enough of what changed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modelkeep.domains.catalog.domain.errors import StepTooSmallError
from modelkeep.kernel.semver import Bump, Version

FIRST: Final = Version.parse("1.0.0")
AUTO_NOTE: Final = (
    "bump auto chose patch: the files tell nothing to compare; use --bump minor or major for a larger change"
)
_BY_SIZE: Final = (Bump.PATCH, Bump.MINOR, Bump.MAJOR)


class BumpRequest(StrEnum):
    """What a caller may ask for instead of a version."""

    AUTO = "auto"
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class ContentChange:
    """How large a step content takes from that of an earlier version, by the evidence of its files, and why."""

    level: Bump
    reasons: tuple[str, ...]

    def from_version(self, before: Version) -> Bump:
        """Return the step that it asks for: below 1.0.0 each is one smaller, as nothing is promised yet."""
        place = _BY_SIZE.index(self.level)
        return _BY_SIZE[max(place - 1, 0)] if before.numbers[0] == 0 else self.level


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version and why it was chosen."""

    version: Version
    notes: tuple[str, ...] = ()


def propose(highest: Version | None, bump: BumpRequest, change: ContentChange | None = None) -> Proposal:
    """Return the version that follows the highest one, or 1.0.0 for the first."""
    if highest is None:
        return Proposal(FIRST, ("the first version of a model is 1.0.0",))
    if bump is not BumpRequest.AUTO:
        return Proposal(highest.bump(Bump(bump.value)))
    if change is None:
        return Proposal(highest.bump(Bump.PATCH), (AUTO_NOTE,))
    step = change.from_version(highest)
    return Proposal(highest.bump(step), (f"bump auto chose {step.value}", *change.reasons))


def check_step(before: Version, proposed: Version, change: ContentChange, forced: str) -> tuple[str, ...]:
    """Hold a step to the evidence, and return what is to be said where it was forced; a pre-release promises nothing.

    Raises:
        StepTooSmallError: it is too small, and nobody has given a reason to make it all the same.
    """
    needed, made = change.from_version(before), _step(before, proposed)
    if proposed.is_prerelease or _BY_SIZE.index(made) >= _BY_SIZE.index(needed):
        return ()
    if forced:
        return (f"{proposed} was forced, though the content asks for a {needed.value} step", *change.reasons)
    raise StepTooSmallError(
        f"{proposed} is a {made.value} step from {before}, and the content asks for a {needed.value} one: "
        f"{'; '.join(change.reasons)}. Use --bump auto, or say with --force-version REASON why it is right",
        before=str(before),
        needed=needed.value,
        reasons=list(change.reasons),
    )


def _step(before: Version, after: Version) -> Bump:
    changed = [old != new for old, new in zip(before.numbers, after.numbers, strict=True)]
    return Bump.MAJOR if changed[0] else Bump.MINOR if changed[1] else Bump.PATCH
