"""Why a version may not move, clause by clause: what holds, what does not, what to do, and whom to ask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelkeep.domains.governance.domain.chains import StepState
from modelkeep.domains.governance.domain.gates.outcomes import GateResult
from modelkeep.domains.governance.domain.holdings import Holding
from modelkeep.domains.governance.domain.requests import Manner, PromotionBlockedError, PromotionRequest
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.identity import PrincipalId

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that must be so. `ask` are people who can make it so, `role` what they hold.

    One that does not block is shown, and stops nothing.
    """

    name: str
    holds: bool
    says: str
    to_do: str = ""
    role: str | None = None
    ask: tuple[PrincipalId, ...] = ()
    blocks: bool = True

    @property
    def stops(self) -> bool:
        """Whether the move fails on it."""
        return self.blocks and not self.holds

    @property
    def document(self) -> dict[str, Json]:
        """What answers and errors say of it."""
        return {
            "name": self.name,
            "holds": self.holds,
            "blocks": self.blocks,
            "says": self.says,
            "to_do": self.to_do,
            "role": self.role,
            "ask": list(self.ask),
        }


def blocked(reference: str, stage: str, clauses: Sequence[Clause], *, renewal: bool = False) -> PromotionBlockedError:
    """Return the error for a move, or a renewal, that clauses stop."""
    missing = [clause for clause in clauses if clause.stops]
    shown = "; ".join(clause.says for clause in missing[:_SHOWN])
    refused = f"{reference} cannot go to {stage}"
    if renewal:
        refused = f"the approvals of {reference} in {stage} are not renewed"
    return PromotionBlockedError(
        f"{refused}: {shown}. 'modelkeep why {reference} {stage}' says what to do",
        reference=reference,
        stage=stage,
        clauses=[clause.document for clause in missing],
    )


def move_clauses(
    reference: str, source: str, target: str, targets: Sequence[str], *, allowed: bool
) -> Iterator[Clause]:
    """Yield whether the policy knows the move; `targets` are those it knows from where the version is."""
    if source == target:
        yield Clause("move", holds=False, says=f"it holds {target} already")
    elif allowed:
        yield Clause("move", holds=True, says=f"the policy lets a version go from {source} to {target}")
    else:
        known = f"go to {' or '.join(targets)} first" if targets else "assign a policy that does"
        says = f"the policy lets no version go from {source} to {target}"
        yield Clause(
            "move", holds=False, says=says, to_do=f"{known}: 'modelkeep promote {reference} STAGE --reason TEXT'"
        )


def renewal_clause(stage: str, *, asked: bool) -> Clause:
    """Return that the version stays where it is, and whether the policy asks anybody to approve that."""
    if asked:
        return Clause("move", holds=True, says=f"it holds {stage}, and stays there: this renews its approvals")
    return Clause("move", holds=False, says=f"the policy asks nobody to approve what holds {stage}")


def holding_clause(reference: str, holding: Holding, promotion: PromotionRequest, now: datetime) -> Clause:
    """Return whether what a version holds its stage by is approved still."""
    renew = f"modelkeep promote {reference} {holding.stage} --reason TEXT"
    if holding.lapsed_at is not None:
        says = f"its approvals lapsed on {timestamp(holding.lapsed_at)}, not renewed"
    elif promotion.manner is Manner.BREAK_GLASS:
        until = "" if promotion.reverts_at is None else f", until {timestamp(promotion.reverts_at)}"
        says = f"it is there by an emergency{until}; nobody has approved it"
    elif holding.lacks_renewal(now):
        says = f"its approvals were to be looked at again by {timestamp(holding.review_at or now)}, not renewed"
    else:
        return Clause("approvals", holds=True, says=f"request {promotion.id} is what approves it")
    return Clause("approvals", holds=False, says=says, to_do=renew, blocks=False)


def request_clause(reference: str, target: str, request_id: str | None) -> Clause:
    """Return whether somebody has asked for the move."""
    if request_id is not None:
        return Clause("request", holds=True, says=f"request {request_id} is open")
    return Clause(
        "request",
        holds=False,
        says="nobody has requested it",
        to_do=f"modelkeep promote {reference} {target} --reason TEXT",
    )


def changes_clause(request_id: str, who: Sequence[PrincipalId]) -> Clause:
    """Return that reviewers want something changed first."""
    to_do = f"change it, and have them say so: modelkeep comment {request_id} TEXT --verdict approve"
    return Clause("changes", holds=False, says="reviewers have requested changes", to_do=to_do, ask=tuple(who))


def gate_clause(result: GateResult) -> Clause:
    """Return what a gate says."""
    return Clause(f"gate:{result.gate_id}", holds=result.holds, says=result.message, blocks=result.blocks)


def step_clause(state: StepState, request_id: str | None, ask: Sequence[PrincipalId]) -> Clause:
    """Return how a step of the chain stands; `ask` are people who may answer it."""
    name, step = f"approval:{state.step.name}", state.step
    have = f"{len(state.approvals)} of {step.approvals} {'approval' if step.approvals == 1 else 'approvals'}"
    says = f"{have} by {' or '.join(state.roles)}"
    if state.complete:
        return Clause(name, holds=True, says=says, role=step.role)
    if not state.is_open:
        says += ", which is asked for once the step before is complete"
    to_do = "request it first" if request_id is None else f"modelkeep approve {request_id}"
    return Clause(name, holds=False, says=says, to_do=to_do, role=step.role, ask=tuple(ask))
