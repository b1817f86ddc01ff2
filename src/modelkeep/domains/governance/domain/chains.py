"""Whether the approvals of a chain are complete, and who may still answer: decided over values, nothing is read.

Rules that no policy can switch off: each person answers once on a request, whatever roles they hold and whoever has
delegated to them; neither the requester nor the author of the version counts, nor who owns the account that asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.governance.domain.policies import Chain, Step
from modelkeep.domains.governance.domain.votes import Decision, Vote
from modelkeep.kernel.identity import PrincipalId

Roles = Mapping[PrincipalId, frozenset[str]]
"""The roles that people hold on the model now, for the stage that is asked for."""


@dataclass(frozen=True, slots=True)
class StepState:
    """A step, the votes that count for it, and who may answer: `roles` grows when it is escalated.

    `since` is from when on it is asked for.
    """

    step: Step
    approvals: tuple[Vote, ...]
    roles: tuple[str, ...]
    since: datetime
    is_open: bool

    @property
    def missing(self) -> int:
        """How many approvals it still needs."""
        return max(0, self.step.approvals - len(self.approvals))

    @property
    def complete(self) -> bool:
        """Whether it needs no more."""
        return self.missing == 0


@dataclass(frozen=True, slots=True)
class ChainState:
    """A chain with the votes that count now."""

    steps: tuple[StepState, ...]

    @property
    def counted(self) -> tuple[Vote, ...]:
        """The approvals that count."""
        return tuple(vote for state in self.steps for vote in state.approvals)

    def step_for(self, roles: frozenset[str], wanted: str | None, *, again: bool = False) -> StepState | None:
        """Return the step that somebody with these roles may answer now: the one they want, or the first.

        Who answers one `again` may, though it is complete.
        """
        for state in self.steps:
            fits = wanted is None or state.step.name == wanted
            if fits and state.is_open and (again or not state.complete) and roles.intersection(state.roles):
                return state
        return None


def chain_state(
    chain: Chain, votes: Iterable[Vote], roles: Roles, barred: frozenset[PrincipalId], asked_at: datetime, now: datetime
) -> ChainState:
    """Return how a chain stands.

    Args:
        chain: what the policy asks for.
        votes: those that have not ended; the earlier ones are taken first.
        roles: what the people hold whose right the votes are.
        barred: who never counts on this request.
        asked_at: when the request was made, from which escalation counts for the first step; a later step of an
            ordered chain counts from the answer that completed the one before.
        now: the time it is.
    """
    given = sorted((vote for vote in votes if vote.decision is Decision.APPROVE), key=lambda vote: vote.cast_at)
    counted: set[PrincipalId] = set(barred)
    states: list[StepState] = []
    since, reached = asked_at, True
    for step in chain.steps:
        answering = _answering(step, since, now) if reached else (step.role,)
        approvals: list[Vote] = []
        for vote in given:
            fits = vote.step == step.name and roles.get(vote.right_of, frozenset()).intersection(answering)
            if fits and reached and not counted & vote.people and len(approvals) < step.approvals:
                approvals.append(vote)
                counted |= vote.people
        state = StepState(step, tuple(approvals), answering, since, is_open=reached)
        states.append(state)
        if chain.ordered:
            reached = reached and state.complete
            since = max([since, *(vote.cast_at for vote in approvals)])
    return ChainState(tuple(states))


def escalates_at(step: Step, since: datetime) -> datetime | None:
    """Return when others may answer a step in the place of those it asks; None for never."""
    if step.escalate_after is None or step.escalate_to is None:
        return None
    return since + step.escalate_after


def _answering(step: Step, since: datetime, now: datetime) -> tuple[str, ...]:
    at = escalates_at(step, since)
    escalated = at is not None and at <= now
    return (step.role, step.escalate_to) if escalated and step.escalate_to else (step.role,)
