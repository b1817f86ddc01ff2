"""Looks at a version that is to move: all that decides about it, read in the transaction of the use case."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from modelkeep.domains.access import Scope, active_people, people_behind, role_holders, roles_held
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.chains import ChainState, Roles, StepState, chain_state
from modelkeep.domains.governance.domain.clauses import (
    Clause,
    changes_clause,
    gate_clause,
    holding_clause,
    move_clauses,
    renewal_clause,
    request_clause,
    step_clause,
)
from modelkeep.domains.governance.domain.evidence_bindings import Binding
from modelkeep.domains.governance.domain.gates.counting import count_approvals
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation
from modelkeep.domains.governance.domain.holdings import renewing_move
from modelkeep.domains.governance.domain.policies import Move, Policy, Stage
from modelkeep.domains.governance.domain.requests import PromotionRequest, UnknownStageError
from modelkeep.domains.governance.domain.votes import Decision, Vote
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.repository.promotion import (
    CommentRepository,
    HoldingRepository,
    RequestRepository,
    VoteRepository,
)
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator
from modelkeep.domains.governance.service.promotion.bound_evidence import metrics_digest, training_data_digest
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

_ASKED: Final = 10
_NO_CHAIN: Final = ChainState(())
NO_GATES: Final = Evaluation.of(())
"""What nobody has evaluated."""


CardDigest = Callable[[Transaction, str], str]
"""Returns the digest of a version's card, by the version's id; empty for none."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A version, where it is to go, and how everything stands that decides about it."""

    version: ModelVersion
    policy: Policy
    target: Stage
    move: Move | None
    request: PromotionRequest | None
    evaluation: Evaluation
    binding: Binding
    votes: tuple[Vote, ...] = ()
    chain: ChainState = _NO_CHAIN
    barred: frozenset[PrincipalId] = frozenset()
    clauses: tuple[Clause, ...] = ()

    @property
    def asked(self) -> PromotionRequest:
        """The request, for a use case that found it open."""
        assert self.request is not None  # noqa: S101 - it is
        return self.request

    @property
    def ready(self) -> bool:
        """Whether nothing stops the move."""
        return not any(clause.stops for clause in self.clauses)

    @property
    def completes_itself(self) -> bool:
        """Whether the last approval brings about what was asked for: nobody need then say so."""
        itself = self.move is not None and self.move.automatic
        return self.ready and (itself or self.asked.renews is not None)


@dataclass(frozen=True, slots=True)
class Lookout:
    """Reads situations."""

    gates: GateEvaluator
    card_digest: CardDigest

    def stage(self, tx: Transaction, model: ModelName, name: str) -> tuple[Policy, Stage]:
        """Return the policy of a model, and the stage of it that somebody names.

        Raises:
            UnknownStageError: it has none of that name.
        """
        policy = policy_of(tx, model)
        stage = policy.stage(name)
        if stage is None:
            known = ", ".join(stage.name for stage in policy.stages)
            raise UnknownStageError(f"policy {policy.name} has no stage {name[:80]!r}; there are {known}")
        return policy, stage

    def knows(self, tx: Transaction, request: PromotionRequest) -> bool:
        """Say whether the policy of now has the stage that a request is for."""
        return policy_of(tx, request.model).stage(request.target) is not None

    def look(
        self, tx: Transaction, version: ModelVersion, target: str, now: datetime, *, lock: bool = False
    ) -> Situation:
        """Return the situation of a version that is to go to a stage, or whose approvals there are to be renewed.

        With `lock` no role that a vote counts by is taken back until the transaction ends.
        """
        policy, stage = self.stage(tx, version.model, target)
        request = RequestRepository(tx).find_open(version.id, stage.name)
        move = policy.move(version.stage, stage.name)
        if request is not None and request.renews is not None:
            move = renewing_move(policy, request.source, stage.name)
        evaluation = NO_GATES
        requesters = frozenset() if request is None else requesters_of(tx, request)
        if move is not None:
            evaluation = self.gates.evaluate(tx, version, move, now, requesters=requesters)
        found = Situation(
            version=version,
            policy=policy,
            target=stage,
            move=move,
            request=request,
            evaluation=evaluation,
            binding=self.binding(tx, version, policy, evaluation),
            barred=people_behind(tx, {version.created_by, *requesters}),
        )
        return self.count(tx, found, now, lock=lock)

    def count(self, tx: Transaction, found: Situation, now: datetime, *, lock: bool = False) -> Situation:
        """Return a situation with the votes that there are now; gates and evidence are not looked at again."""
        request, move, evaluation = found.request, found.move, found.evaluation
        votes = () if request is None else _standing(tx, VoteRepository(tx).counting(request.id), lock=lock)
        chain = _NO_CHAIN
        if move is not None:
            valid = [vote for vote in votes if vote.reason_to_lapse(found.binding, now) is None]
            scope, people = Scope.of_model(found.version.model), {vote.right_of for vote in valid}
            held = roles_held(tx, people, scope, found.target.name, now, lock=lock)
            chain = chain_state(move.chain, valid, held, found.barred, request.requested_at if request else now, now)
            if request is not None:
                evaluation = count_approvals(evaluation, _in_roles(valid, held, found.barred), now)
        counted = replace(found, evaluation=evaluation, votes=votes, chain=chain)
        return replace(counted, clauses=tuple(_clauses(tx, counted, now)))

    def binding(self, tx: Transaction, version: ModelVersion, policy: Policy, evaluation: Evaluation) -> Binding:
        """Return what a vote of now is bound to."""
        return Binding(
            manifest_digest=str(version.manifest_digest),
            card_digest=self.card_digest(tx, version.id),
            training_data_digest=training_data_digest(tx, version),
            metrics_digest=metrics_digest(version),
            evidence_digest=str(evaluation.digest),
            policy_digest=str(policy.digest),
        )


def requesters_of(tx: Transaction, request: PromotionRequest) -> frozenset[PrincipalId]:
    """Return who asked, and for a renewal also who made the promotion, or a rollback to it, happen; none counts."""
    if request.renews is None:
        return frozenset({request.requested_by})
    requests = RequestRepository(tx)
    root, back = requests.get(request.renews), requests.last_rollback(request.version_id, request.target)
    made = root.proposers | {request.requested_by}
    if back is None or back.closed_at is None or root.closed_at is None or back.closed_at < root.closed_at:
        return made
    return made | back.proposers


def _standing(tx: Transaction, votes: Iterable[Vote], *, lock: bool) -> tuple[Vote, ...]:
    """Return votes without those of delegates who are disabled; of others their roles tell."""
    given = tuple(votes)
    delegates = {vote.voter for vote in given if vote.delegator is not None}
    active = active_people(tx, delegates, lock=lock) if delegates else frozenset()
    return tuple(vote for vote in given if vote.delegator is None or vote.voter in active)


def _clauses(tx: Transaction, found: Situation, now: datetime) -> Iterator[Clause]:
    version, target = found.version, found.target.name
    if version.deleted_at is not None:
        yield Clause("there", holds=False, says="it is deleted", to_do=f"modelkeep restore {version.reference}")
    if version.quarantined_at is not None:
        yield Clause(
            "quarantine",
            holds=False,
            says="it is in quarantine",
            to_do=f"modelkeep release {version.reference} --reason TEXT",
        )
    yield from _move_clauses(tx, found, now)
    if found.move is None:
        return
    request_id = None if found.request is None else found.request.id
    yield request_clause(version.reference, target, request_id)
    changes = () if request_id is None else CommentRepository(tx).requesting_changes(request_id)
    if request_id is not None and changes:
        yield changes_clause(request_id, changes)
    yield from (gate_clause(result) for result in found.evaluation.results)
    for state in found.chain.steps:
        yield step_clause(state, request_id, () if state.complete else _to_ask(tx, found, state, now))


def _move_clauses(tx: Transaction, found: Situation, now: datetime) -> Iterator[Clause]:
    version, target, request = found.version, found.target.name, found.request
    if request is not None and request.renews is not None:
        yield renewal_clause(target, asked=found.move is not None)
        return
    targets = [move.target for move in found.policy.moves if move.source == version.stage]
    yield from move_clauses(version.reference, version.stage, target, targets, allowed=found.move is not None)
    holding = HoldingRepository(tx).find(version.id) if version.stage == target else None
    if holding is not None:
        yield holding_clause(version.reference, holding, RequestRepository(tx).get(holding.request_id), now)


def _in_roles(votes: Iterable[Vote], held: Roles, barred: frozenset[PrincipalId]) -> Iterator[tuple[PrincipalId, str]]:
    """Yield who approved, with each role that they hold."""
    for vote in votes:
        if vote.decision is Decision.APPROVE and not vote.people & barred:
            yield from ((vote.right_of, role) for role in held.get(vote.right_of, frozenset()))


def _to_ask(tx: Transaction, found: Situation, state: StepState, now: datetime) -> tuple[PrincipalId, ...]:
    """Return people who may answer a step: those who hold its role and have no part in the request."""
    scope, stage = Scope.of_model(found.version.model), found.target.name
    out = {*found.barred, *(who for vote in found.chain.counted for who in vote.people)}
    asked = role_holders(tx, state.roles[-1], scope, stage, now, limit=_ASKED + len(out))
    return tuple(who for who in asked if who not in out)[:_ASKED]
