"""Goes back to the version that held a stage at a time, after looking at whether it can be used."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from modelkeep.domains.access import AccessService, Permission, require_recent_login
from modelkeep.domains.catalog import (
    Model,
    ModelVersion,
    permitted_model,
    permitted_version,
    stage_holders,
    stage_holders_at,
    stage_holdings,
    version_by_id,
)
from modelkeep.domains.governance.domain.clauses import Clause, gate_clause
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation
from modelkeep.domains.governance.domain.holdings import lapses
from modelkeep.domains.governance.domain.policies import GateKind, Move, Policy, Stage
from modelkeep.domains.governance.domain.requests import Manner, PromotionRequest, check_text
from modelkeep.domains.governance.domain.rollbacks import (
    Held,
    NothingHeldError,
    RollbackBlockedError,
    approval_clauses,
    content_clause,
    held_clause,
    parse_goal,
)
from modelkeep.domains.governance.repository.promotion import RequestRepository, VoteRepository
from modelkeep.domains.governance.repository.signatures import SignatureRepository
from modelkeep.domains.governance.service.gates.evaluation import Occasion, keep_evaluation
from modelkeep.domains.governance.service.promotion.doors import Door
from modelkeep.domains.governance.service.promotion.making import new_request
from modelkeep.domains.governance.service.promotion.moving import Journey, Reason, close, hold_again, move
from modelkeep.domains.governance.service.promotion.reviewing import ask_reviewers
from modelkeep.domains.governance.service.promotion.situations import NO_GATES, Lookout
from modelkeep.domains.governance.service.verification import verified_signatures
from modelkeep.kernel.clock import Clock, timestamp
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Json, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.references import ModelName, Reference
from modelkeep.platform.database import Database, Transaction

ContentProblems = Callable[[Digest], Sequence[str]]
"""Returns the files of an artifact that are not stored whole; it asks the object store."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What to go back to, as somebody wrote it (`7 days ago`, a time, a version), and in which stage."""

    to: str
    stage: str = "Production"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback would do: the version that takes the stage, who leaves it, and what stands against it."""

    version: ModelVersion
    leaving: tuple[ModelVersion, ...]
    policy: Policy
    stage: Stage
    clauses: tuple[Clause, ...]
    review_due_at: datetime | None
    evaluation: Evaluation = NO_GATES
    request: PromotionRequest | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing stops it."""
        return not any(clause.stops for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class RollbackService:
    """Rollbacks."""

    database: Database
    access: AccessService
    lookout: Lookout
    contents: ContentProblems
    clock: Clock
    new_id: IdSource

    def plan(self, actor: Actor, name: ModelName, goal: Goal) -> RollbackPlan:
        """Say what a rollback would do, and whether it can; nothing is changed.

        Raises:
            ModelNotFoundError, VersionNotFoundError: there is nothing of that name, or the actor may not see it.
            NothingHeldError: no version held the stage then.
            UnknownStageError: the policy has no such stage.
            ForbiddenError: the actor may not promote.
        """
        problems = self._look_at_content(actor, name, goal)
        with self.database.snapshot() as tx:
            return self._plan(tx, actor, name, goal, problems)

    def roll_back(self, actor: Actor, name: ModelName, goal: Goal) -> Recorded[RollbackPlan]:
        """Let the version that held the stage then hold it again, in one step; the policy may ask for a review after.

        Raises:
            RollbackBlockedError: something stands against it; the details list what.
            ForbiddenError, StepUpRequiredError: the actor may not promote, or must log in again.
        """
        check_text("reason", goal.reason, needed=True)
        require_recent_login(actor, self.clock())
        problems = self._look_at_content(actor, name, goal)
        with self.database.transaction() as tx:
            permitted_model(tx, self.access, actor, Permission.VERSION_READ, name, lock=True)
            plan = self._plan(tx, actor, name, goal, problems)
            Door(tx, self.access, actor).require(Permission.STAGE_PROMOTE, name, plan.stage.name)
            if plan.leaving == (plan.version,):
                return Recorded(plan, None)
            if not plan.ready:
                raise _blocked(plan)
            done = self._move(tx, actor, plan, goal.reason)
        return Recorded(done, tx.receipt)

    def _look_at_content(self, actor: Actor, name: ModelName, goal: Goal) -> tuple[Digest, Sequence[str]]:
        """Ask the object store for the files, if the actor may promote, before any transaction that writes."""
        with self.database.snapshot() as tx:
            model = permitted_model(tx, self.access, actor, Permission.VERSION_READ, name)
            _, stage = self.lookout.stage(tx, name, goal.stage)
            Door(tx, self.access, actor).require(Permission.STAGE_PROMOTE, name, stage.name)
            digest = self._find(tx, actor, model, stage, goal).manifest_digest
        return digest, self.contents(digest)

    def _find(self, tx: Transaction, actor: Actor, model: Model, stage: Stage, goal: Goal) -> ModelVersion:
        to = parse_goal(goal.to, self.clock())
        if not isinstance(to, datetime):
            reference = Reference(None, model.name.namespace, model.name.name, to, None)
            return permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
        held = stage_holders_at(tx, model.id, stage.name, to)
        if not held:
            raise NothingHeldError(
                f"no version of {model.name} held {stage.name} at {timestamp(to)}; 'modelkeep stages "
                f"{model.name}' shows what did when",
                model=str(model.name),
                stage=stage.name,
            )
        return version_by_id(tx, held[0].id)

    def _plan(
        self, tx: Transaction, actor: Actor, name: ModelName, goal: Goal, looked: tuple[Digest, Sequence[str]]
    ) -> RollbackPlan:
        now = self.clock()
        model = permitted_model(tx, self.access, actor, Permission.VERSION_READ, name)
        policy, stage = self.lookout.stage(tx, name, goal.stage)
        version = self._find(tx, actor, model, stage, goal)
        digest, problems = looked
        if digest != version.manifest_digest:
            problems = ["the version that is meant has changed meanwhile; try again"]
        within = policy.rollback.review_within
        plan = RollbackPlan(
            version=version,
            leaving=stage_holders(tx, model.id, stage.name),
            policy=policy,
            stage=stage,
            clauses=(),
            review_due_at=None if within is None else now + within,
        )
        evaluation = self.lookout.gates.evaluate(tx, version, _signed_way(plan), now, requesters=frozenset({actor.id}))
        signed = _signature_clauses(tx, plan, evaluation)
        return replace(plan, clauses=(*self._clauses(tx, plan, problems, now), *signed), evaluation=evaluation)

    def _clauses(self, tx: Transaction, plan: RollbackPlan, problems: Sequence[str], now: datetime) -> Iterator[Clause]:
        version, stage = plan.version, plan.stage.name
        if version.stage == stage:
            yield Clause("move", holds=False, says=f"it holds {stage} already")
        if version.deleted_at is not None:
            yield Clause("there", holds=False, says="it is deleted", to_do=f"modelkeep restore {version.reference}")
        if version.quarantined_at is not None:
            yield Clause("quarantine", holds=False, says="it is in quarantine", to_do="go back further")
        emergencies = RequestRepository(tx).emergencies(version.id, stage)
        holdings = [held for held in stage_holdings(tx, version, stage) if held.since not in emergencies]
        held = Held(holdings[0].since, holdings[0].until) if holdings else None
        yield held_clause(held, stage, plan.policy.rollback, now, in_emergency=bool(emergencies))
        yield content_clause(problems)
        request = RequestRepository(tx).last_approved(version.id, stage)
        changed = () if request is None else self._changed(tx, plan, request, now)
        yield from approval_clauses(changed, plan.policy.rollback, approved=request is not None)

    def _changed(
        self, tx: Transaction, plan: RollbackPlan, request: PromotionRequest, now: datetime
    ) -> tuple[str, ...]:
        """Return what votes of a promotion are bound to and is another now, but for the policy and what gates say."""
        binding = self.lookout.binding(tx, plan.version, plan.policy, NO_GATES)
        votes = VoteRepository(tx).all([request.id])
        changed: dict[str, None] = {}
        for vote in (*lapses(request, votes), *(vote for vote in votes if vote.ended_at is None)):
            if vote.is_over(now):
                changed["the term of an approval is over"] = None
            found = vote.differences if vote.ended_at else vote.binding.content_differences(binding)
            changed.update((difference.says, None) for difference in found)
        return tuple(changed)

    def _move(self, tx: Transaction, actor: Actor, plan: RollbackPlan, reason: str) -> RollbackPlan:
        now = self.clock()
        way = Journey(plan.version, plan.policy, plan.stage, now)
        request = RequestRepository(tx).find_open(plan.version.id, plan.stage.name)
        if request is None:
            request = new_request(self.new_id(), actor, way, reason)
            RequestRepository(tx).add(request)
        data: dict[str, Json] = {"not_held": [clause.name for clause in plan.clauses if not clause.holds]}
        why = Reason("governance.version_rolled_back", request, data, {"reason": reason})
        about = Occasion(request.id, _signed_way(plan), now, request.id)
        keep_evaluation(tx, plan.version, plan.evaluation, about)
        moved = move(tx, actor, way, why)
        made = request.promoted(Manner.ROLLBACK, plan.policy, actor, moved.changed_at)
        close(tx, made)
        hold_again(tx, moved)
        if plan.review_due_at is not None:
            ask_reviewers(tx, made, plan.policy, plan.review_due_at)
        return replace(plan, version=moved, request=made)


def _signed_way(plan: RollbackPlan) -> Move:
    """Return the way back, with the gates that ask for signatures of all moves which lead to the stage."""
    ways = [way for way in plan.policy.moves if way.target == plan.stage.name]
    gates = {gate.id: gate for way in ways for gate in way.gates if gate.kind is GateKind.SIGNATURE}
    return Move(plan.version.stage, plan.stage.name, gates=tuple(gates.values()))


def _signature_clauses(tx: Transaction, plan: RollbackPlan, evaluation: Evaluation) -> Iterator[Clause]:
    """Yield what gates say of its signatures; a signature that is there must hold anyway."""
    version = plan.version
    yield from (gate_clause(result) for result in evaluation.results)
    is_signed = SignatureRepository(tx, version.id).count_over_files() > 0
    if not evaluation.results and is_signed and not verified_signatures(tx, version):
        to_do = f"modelkeep verify {version.reference}"
        yield Clause("signature", holds=False, says="none of its signatures holds", to_do=to_do)


def _blocked(plan: RollbackPlan) -> RollbackBlockedError:
    missing = [clause for clause in plan.clauses if clause.stops]
    return RollbackBlockedError(
        f"{plan.version.reference} cannot go back to {plan.stage.name}: {'; '.join(clause.says for clause in missing)}",
        reference=plan.version.reference,
        stage=plan.stage.name,
        clauses=[clause.document for clause in missing],
    )
