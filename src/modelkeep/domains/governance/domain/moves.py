"""What a policy says of one move or one gate."""

from modelkeep.domains.governance.domain.policies import Gate, GateKind, Move, Policy
from modelkeep.domains.governance.domain.requests import MoveNotAllowedError
from modelkeep.kernel.errors import Kind, RegistryError


class GateNotFoundError(RegistryError):
    """The policy of the model has no such gate."""

    kind = Kind.NOT_FOUND
    code = "governance.gate_not_found"


def allowed_move(policy: Policy, reference: str, source: str, stage: str) -> Move:
    """Return the move of a version from the stage it holds to another, whatever the case of the other's letters.

    Raises:
        MoveNotAllowedError: the policy has no such move.
    """
    target = policy.stage(stage)
    move = None if target is None else policy.move(source, target.name)
    if move is None:
        allowed = [known.target for known in policy.moves if known.source == source]
        told = f"policy {policy.name} lets no version go from {source} to {stage[:80]}"
        if target is not None and target.name == source:
            told = f"it holds {source} already"
        raise MoveNotAllowedError(
            f"{reference} cannot go there: {told}; from {source} it can go to {' or '.join(allowed) or 'no stage'}",
            reference=reference,
            stage=stage[:80],
            allowed=allowed,
        )
    return move


def gate_called(policy: Policy, name: str, kind: GateKind | None = None) -> Gate:
    """Return a gate of some move; those of several moves that are called alike ask the same.

    Raises:
        GateNotFoundError: there is none, or none of this kind.
    """
    gates = {gate.id: gate for move in policy.moves for gate in move.gates if kind in (None, gate.kind)}
    if name not in gates:
        sort = "" if kind is None else f"{kind} "
        known = ", ".join(gates) or "none"
        message = f"policy {policy.name} has no {sort}gate {name[:80]!r}; it has {known}"
        raise GateNotFoundError(message, gates=list(gates))
    return gates[name]
