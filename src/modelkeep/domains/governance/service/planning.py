"""Says what a policy would mean for a scope before it governs it, and lets it, exactly as planned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from modelkeep.domains.access import REGISTRY, Permission, Scope, require_recent_login
from modelkeep.domains.catalog import (
    ModelVersion,
    held_versions,
    newest_versions,
    permitted_model,
    permitted_namespace,
    stage_counts,
)
from modelkeep.domains.governance.domain.assignments import Assignment, PublishedPolicy, check_reason
from modelkeep.domains.governance.domain.plans import (
    MAX_HOLDERS,
    MAX_REQUESTS,
    SHOWN,
    AffectedRequest,
    Holder,
    Plan,
    PlanChangedError,
    Proposal,
    Stranded,
)
from modelkeep.domains.governance.domain.policies import Policy
from modelkeep.domains.governance.domain.policy_changes import policy_changes
from modelkeep.domains.governance.domain.policy_documents import read_policy
from modelkeep.domains.governance.domain.trials import TRIED_ON, Trials, new_expressions
from modelkeep.domains.governance.operations.policies import effective_policy
from modelkeep.domains.governance.repository.assignments import AssignmentRepository
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.domains.governance.repository.promotion import RequestRepository
from modelkeep.domains.governance.service.gates import GateEvaluator, try_expressions
from modelkeep.domains.governance.service.policies import PolicyService
from modelkeep.domains.governance.service.policy_texts import Linted
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import digest_json
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class LintedAgainst:
    """What is wrong with a policy document, and how its new expressions do on a scope; None if that was not asked."""

    linted: Linted
    trials: Trials | None


@dataclass(frozen=True, slots=True)
class PlanningService:
    """Plans of policies, and their application."""

    policies: PolicyService
    evaluator: GateEvaluator

    def lint(self, actor: Actor, source: str, against: str | None = None) -> LintedAgainst:
        """Say what is wrong with a policy document; one without errors is tried on a scope, if one is named.

        Expressions that the policy which governs the scope does not have are tried on its newest versions: 20 that the
        actor may read, of what the policy would govern if it were assigned there.

        Raises:
            ModelNotFoundError, NamespaceNotFoundError: there is no such scope, or the actor may not see it.
        """
        linted = self.policies.lint(source)
        if against is None:
            return LintedAgainst(linted, None)
        scope = Scope.parse(against)
        with self.policies.database.snapshot() as tx:
            self._require_seen(tx, actor, scope)
            trials = self._tried(tx, actor, scope, read_policy(linted.checked(), 0)) if linted.is_good else None
        return LintedAgainst(linted, trials)

    def plan(self, actor: Actor, proposal: Proposal) -> Plan:
        """Say what would become of a scope; nothing is changed.

        Raises:
            PolicyRefusedError: the document has errors.
            PolicyNotFoundError: there is no such policy.
            ForbiddenError: the actor may not write policies on the scope.
        """
        document, scope = self._document(proposal), Scope.parse(proposal.scope)
        with self.policies.database.snapshot() as tx:
            self.policies.access.require(tx, actor, Permission.POLICY_WRITE, scope)
            plan = self._plan(tx, scope, *_proposed(tx, proposal, document))
            return replace(plan, trials=self._tried(tx, actor, scope, plan.policy))

    def apply(
        self, actor: Actor, proposal: Proposal, *, plan: str | None = None, reason: str = ""
    ) -> Recorded[Assignment]:
        """Publish the document, if it is not yet, and let it govern the scope: all of it, or nothing.

        `plan` is the digest of the plan that somebody has agreed to.

        Raises:
            PlanChangedError: the plan would be another one now.
            PolicyRefusedError, StageNameTakenError: the document cannot be published.
        """
        document, scope = self._document(proposal), Scope.parse(proposal.scope)
        check_reason(reason)
        require_recent_login(actor, self.policies.clock())
        with self.policies.database.transaction() as tx:
            self.policies.access.require(tx, actor, Permission.POLICY_WRITE, scope)
            if plan is not None:
                self._hold_to(plan, self._plan(tx, scope, *_proposed(tx, proposal, document)))
            published = self._published(tx, actor, proposal, document)
            assignment, _ = self.policies.assign_in(tx, actor, scope, published, reason)
            changed = bool(tx.events)
        return Recorded(assignment, tx.receipt if changed else None)

    def _document(self, proposal: Proposal) -> Mapping[str, Json] | None:
        return None if proposal.source is None else self.policies.lint(proposal.source).checked()

    def _published(
        self, tx: Transaction, actor: Actor, proposal: Proposal, document: Mapping[str, Json] | None
    ) -> PublishedPolicy:
        if document is None or proposal.source is None:
            return PolicyRepository(tx).get(str(proposal.policy), proposal.number)
        same = PolicyRepository(tx).find_same(str(document["name"]), digest_json(document))
        if same is not None:
            return same
        self.policies.access.require(tx, actor, Permission.POLICY_WRITE, REGISTRY)
        return self.policies.publish_in(tx, actor, proposal.source, document)[0]

    def _require_seen(self, tx: Transaction, actor: Actor, scope: Scope) -> None:
        if scope.model is not None:
            permitted_model(tx, self.policies.access, actor, Permission.MODEL_READ, scope.model)
        elif scope.namespace is not None:
            permitted_namespace(tx, self.policies.access, actor, Permission.MODEL_READ, scope.namespace)

    def _tried(self, tx: Transaction, actor: Actor, scope: Scope, policy: Policy) -> Trials:
        new = new_expressions(policy, effective_policy(tx, scope).policy)
        if not new:
            return Trials()
        kept = AssignmentRepository(tx).inside(scope)
        values = self.policies.access.values(actor, Permission.VERSION_READ)
        versions = newest_versions(tx, _place(scope), kept, TRIED_ON, values)
        return try_expressions(tx, self.evaluator, new, versions, self.policies.clock())

    @staticmethod
    def _hold_to(agreed: str, plan: Plan) -> None:
        if agreed != str(plan.digest):
            raise PlanChangedError(
                "what would be done is not what was planned any more; plan again, and agree to that", plan=agreed
            )

    def _plan(self, tx: Transaction, scope: Scope, policy: Policy, document: Mapping[str, Json]) -> Plan:
        current = effective_policy(tx, scope).assignment
        governing = PolicyRepository(tx).get(current.policy, current.number)
        place, kept = _place(scope), AssignmentRepository(tx).inside(scope)
        counts, stages = stage_counts(tx, place, kept), {stage.name for stage in policy.stages}
        entered = {move.target for move in policy.moves}
        judged = held_versions(tx, place, kept, entered - {policy.stages[0].name}, MAX_HOLDERS)
        at = self.policies.clock()
        return Plan(
            scope=str(scope),
            policy=policy,
            current=current,
            changes=policy_changes(governing.document, document),
            kept=kept,
            stranded=tuple(_stranded(tx, place, kept, {name: counts[name] for name in counts if name not in stages})),
            holders=tuple(self._holder(tx, policy, version, at) for version in judged),
            requests=() if current.digest == policy.digest else _requests(tx, place, kept, policy),
            more=sum(counts.get(name, 0) for name in entered - {policy.stages[0].name}) - len(judged),
        )

    def _holder(self, tx: Transaction, policy: Policy, version: ModelVersion, at: datetime) -> Holder:
        moves = [move for move in policy.moves if move.target == version.stage]
        evaluations = {move.source: self.evaluator.evaluate(tx, version, move, at) for move in moves}
        source = min(evaluations, key=lambda name: len(evaluations[name].blocking))
        return Holder(version.reference, version.id, version.stage, source, evaluations[source])


def _place(scope: Scope) -> str | None:
    """Return the name of the model or namespace that a scope is; None for the registry."""
    within = scope.model or scope.namespace
    return None if within is None else str(within)


def _proposed(
    tx: Transaction, proposal: Proposal, document: Mapping[str, Json] | None
) -> tuple[Policy, Mapping[str, Json]]:
    """Return the policy that is proposed, and its document."""
    if document is None:
        published = PolicyRepository(tx).get(str(proposal.policy), proposal.number)
        return published.policy, published.document
    digest = digest_json(document)
    same = PolicyRepository(tx).find_same(str(document["name"]), digest)
    return (same.policy, same.document) if same else (read_policy(document, 0, digest), document)


def _stranded(
    tx: Transaction, place: str | None, kept: tuple[str, ...], counts: Mapping[str, int]
) -> Iterator[Stranded]:
    for stage, count in counts.items():
        examples = held_versions(tx, place, kept, (stage,), SHOWN)
        yield Stranded(stage, count, tuple(version.reference for version in examples))


def _requests(tx: Transaction, place: str | None, kept: tuple[str, ...], policy: Policy) -> tuple[AffectedRequest, ...]:
    return tuple(
        AffectedRequest(
            request.id,
            f"{request.model}:{request.version}",
            request.source,
            request.target,
            allowed=policy.move(request.source, request.target) is not None,
        )
        for request in RequestRepository(tx).open_within(place, kept, MAX_REQUESTS)
    )
