"""What a sandbox keeps a guest from: measured on this machine, not assumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from modelkeep.kernel.canonical_json import Json


class Level(StrEnum):
    """Whether the guest has nothing but its bytes."""

    FULL = "full"
    REDUCED = "reduced"


class Mechanism(StrEnum):
    """Means of Linux that need no privilege, but may be switched off."""

    NAMESPACES = "namespaces"
    SYSTEM_CALLS = "system_calls"


@dataclass(frozen=True, slots=True)
class Isolation:
    """What a guest tried and could not do: reach a network, start a process, open a file.

    Limits of time and memory, the empty environment and the killing of the whole process group hold at every level.
    """

    network: bool
    processes: bool
    files: bool
    mechanisms: frozenset[Mechanism]

    @property
    def level(self) -> Level:
        """Full if the guest could do none of the three."""
        return Level.FULL if self.network and self.processes and self.files else Level.REDUCED

    @classmethod
    def measured(cls, answer: Mapping[str, Json]) -> Self:
        """Read what the guest of the measurement says."""
        held = answer["mechanisms"]
        return cls(
            network=answer["network"] is True,
            processes=answer["processes"] is True,
            files=answer["files"] is True,
            mechanisms=frozenset(m for m in Mechanism if isinstance(held, list) and m in held),
        )
