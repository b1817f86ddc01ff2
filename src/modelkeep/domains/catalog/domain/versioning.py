"""Which semantic version the next one gets."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modelkeep.kernel.semver import Bump, Version

FIRST: Final = Version.parse("1.0.0")
AUTO_NOTE: Final = (
    "bump auto chose patch: this release does not compare signatures yet; use --bump minor or major for a larger change"
)


class BumpRequest(StrEnum):
    """What a caller may ask for instead of a version."""

    AUTO = "auto"
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version and why it was chosen."""

    version: Version
    notes: tuple[str, ...] = ()


def propose(highest: Version | None, bump: BumpRequest) -> Proposal:
    """Return the version that follows the highest one, or 1.0.0 for the first."""
    if highest is None:
        return Proposal(FIRST, ("the first version of a model is 1.0.0",))
    if bump is BumpRequest.AUTO:
        return Proposal(highest.bump(Bump.PATCH), (AUTO_NOTE,))
    return Proposal(highest.bump(Bump(bump.value)))
