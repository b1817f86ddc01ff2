"""Expressions tried on versions there are, before they stop anybody."""

from dataclasses import dataclass
from typing import Final

from modelkeep.domains.governance.domain.gates.outcomes import GateStatus
from modelkeep.domains.governance.domain.policies import Gate, GateKind, Move, Policy

TRIED_ON: Final = 20
"""How many versions, the newest, an expression is tried on at most."""
MAX_EXPRESSIONS: Final = 50
"""Most expressions of a policy that are tried."""


@dataclass(frozen=True, slots=True)
class TriedVersion:
    """What an expression says of a version; `missing` is what it names and the version does not have on record."""

    reference: str
    status: GateStatus
    message: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A `cel` gate that would be new, as if each version made its move now; waivers are left aside."""

    gate: Gate
    move: Move
    versions: tuple[TriedVersion, ...]


@dataclass(frozen=True, slots=True)
class Trials:
    """What came of the new expressions of a policy; `more` were not tried."""

    tried: tuple[Trial, ...] = ()
    more: int = 0


def new_expressions(policy: Policy, governing: Policy) -> tuple[tuple[Move, Gate], ...]:
    """Return the expressions that a policy asks before a stage and the one that governs does not, each once."""
    known, new = _expressions(governing), _expressions(policy)
    return tuple(new[key] for key in new if key not in known)


def _expressions(policy: Policy) -> dict[tuple[str, str], tuple[Move, Gate]]:
    """Return expressions by what they say and the stage they are asked before, each with the first move and gate."""
    found: dict[tuple[str, str], tuple[Move, Gate]] = {}
    for move in policy.moves:
        for gate in move.gates:
            if gate.kind is GateKind.CEL:
                found.setdefault((move.target, str(gate.config["expression"])), (move, gate))
    return found
