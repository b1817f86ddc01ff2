"""Publishes policies, assigns them, and says which governs what."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import REGISTRY, AccessService, Permission, RoleService, Scope, require_recent_login
from modelkeep.domains.catalog import permitted_model, register_stage_names
from modelkeep.domains.governance.domain.assignments import (
    Assignment,
    AssignmentNotFoundError,
    AssignmentQuery,
    GoverningPolicy,
    NewAssignment,
    PublishedPolicy,
    RegistryNeedsPolicyError,
    StageNameTakenError,
    check_reason,
    moment_after,
)
from modelkeep.domains.governance.domain.policy_documents import read_policy
from modelkeep.domains.governance.domain.policy_lint import GateCheck, LintContext, lint
from modelkeep.domains.governance.operations.policies import effective_policy
from modelkeep.domains.governance.repository.assignments import AssignmentRepository
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.domains.governance.service.policy_texts import SHIPPED, Linted, lint_text, shipped_policy
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.digests import digest_json
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import ConcurrentWriteError, Database, Transaction


@dataclass(frozen=True, slots=True)
class PolicyService:
    """Policies and their assignments. What policies there are, everybody who is logged in may read."""

    database: Database
    access: AccessService
    roles: RoleService
    clock: Clock
    new_id: IdSource
    check_gate: GateCheck | None = None

    def lint(self, source: str) -> Linted:
        """Say what is wrong with a policy document, in YAML or JSON."""
        roles = {role.name: frozenset(str(granted) for granted in role.permissions) for role in self.roles.list()}
        context = LintContext(roles, self.check_gate)
        return lint_text(source, lambda document: lint(document, context))

    def publish(self, actor: Actor, source: str) -> Recorded[PublishedPolicy]:
        """Publish a version of a policy; a document that has been published already is that version.

        Raises:
            PolicyRefusedError: the document has errors.
            StageNameTakenError: aliases are called like a stage of it.
        """
        document = self.lint(source).checked()
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.POLICY_WRITE, REGISTRY)
            published, is_new = self.publish_in(tx, actor, source, document)
        return Recorded(published, tx.receipt if is_new else None)

    def publish_in(
        self, tx: Transaction, actor: Actor, source: str, document: Mapping[str, Json]
    ) -> tuple[PublishedPolicy, bool]:
        """Publish in a transaction of somebody who may; return the version of the document, and whether it is new."""
        policies, digest = PolicyRepository(tx), digest_json(document)
        name = str(document["name"])
        same = policies.find_same(name, digest)
        if same is not None:
            return same, False
        policy = read_policy(document, policies.last_number(name) + 1, digest)
        published = PublishedPolicy(policy, document, source, self.clock(), actor.id)
        taken = register_stage_names(tx, published.stage_names)
        if taken:
            raise StageNameTakenError(
                f"{', '.join(taken)} would then mean who holds a stage; remove those aliases, or rename the stage",
                aliases=list(taken),
            )
        policies.add(published)
        tx.record(published.published(actor))
        return published, True

    def get(self, name: str, number: int | None = None) -> PublishedPolicy:
        """Return a version of a policy, by default the newest.

        Raises:
            PolicyNotFoundError: there is none.
        """
        with self.database.snapshot() as tx:
            return PolicyRepository(tx).get(name, number)

    def list(self, page: PageRequest) -> Page[PublishedPolicy]:
        """Return one page of the newest versions of all policies, by name."""
        with self.database.snapshot() as tx:
            return PolicyRepository(tx).list(page)

    def history(self, name: str, page: PageRequest) -> Page[PublishedPolicy]:
        """Return one page of the versions of a policy, the newest first.

        Raises:
            PolicyNotFoundError: there is none.
        """
        with self.database.snapshot() as tx:
            policies = PolicyRepository(tx)
            policies.get(name)
            return policies.history(name, page)

    def governing(self, actor: Actor, model: ModelName, *, as_of: datetime | None = None) -> GoverningPolicy:
        """Return the policy that governs a model, now or at a time, and the assignment that says so.

        Raises:
            ModelNotFoundError: there is no such model, or the actor may not see it.
            NoPolicyInForceError: the registry had no policy yet at that time.
        """
        with self.database.snapshot() as tx:
            permitted_model(tx, self.access, actor, Permission.MODEL_READ, model)
            assignment = effective_policy(tx, Scope.of_model(model), as_of).assignment
            return GoverningPolicy(PolicyRepository(tx).get(assignment.policy, assignment.number), assignment)

    def assignments(self, actor: Actor, query: AssignmentQuery, page: PageRequest) -> Page[Assignment]:
        """Return one page of assignments: on the registry, and where the actor may read models; newest first."""
        with self.database.snapshot() as tx:
            return AssignmentRepository(tx).list(query, page, self.access.values(actor, Permission.MODEL_READ))

    def assign(self, actor: Actor, new: NewAssignment) -> Recorded[Assignment]:
        """Let a version of a policy govern a scope; one that does already is left alone.

        Raises:
            PolicyNotFoundError: there is no such policy.
            InvalidReferenceError: the scope is none.
        """
        scope = Scope.parse(new.scope)
        check_reason(new.reason)
        require_recent_login(actor, self.clock())
        with self.database.transaction() as tx:
            self.access.require(tx, actor, Permission.POLICY_WRITE, scope)
            published = PolicyRepository(tx).get(new.policy, new.number)
            assignment, is_new = self.assign_in(tx, actor, scope, published, new.reason)
        return Recorded(assignment, tx.receipt if is_new else None)

    def assign_in(
        self, tx: Transaction, actor: Actor, scope: Scope, published: PublishedPolicy, reason: str
    ) -> tuple[Assignment, bool]:
        """Assign in a transaction of somebody who may; return the assignment, and whether it is new."""
        assignments, policy = AssignmentRepository(tx), published.policy
        current = assignments.current(scope)
        if current is not None and (current.policy, current.number) == (policy.name, policy.number):
            return current, False
        at = moment_after(assignments.last_change(scope), self.clock())
        if current is not None:
            assignments.end(current.id, actor.id, at)
        assignment = Assignment(self.new_id(), str(scope), policy.name, policy.number, policy.digest, at, actor.id)
        assignments.begin(assignment)
        tx.record(assignment.assigned(actor, current, reason))
        return assignment, True

    def unassign(self, actor: Actor, assignment_id: str, *, reason: str = "") -> Recorded[Assignment]:
        """End an assignment, so that the policy of the wider scope governs; one that has ended is left alone.

        Raises:
            AssignmentNotFoundError: there is no such assignment, or the actor may not see it.
            RegistryNeedsPolicyError: it is the registry's own.
        """
        check_reason(reason)
        require_recent_login(actor, self.clock())
        with self.database.transaction() as tx:
            assignments = AssignmentRepository(tx)
            found = assignments.find(assignment_id)
            absent = AssignmentNotFoundError(
                f"there is no assignment {assignment_id}; 'modelkeep policy list --assigned' shows those there are",
                assignment=assignment_id,
            )
            if found is None:
                raise absent
            scope = Scope.parse(found.scope)
            self.access.require(tx, actor, Permission.POLICY_WRITE, scope, absent=absent)
            if found.until is not None:
                return Recorded(found, None)
            if scope == REGISTRY:
                raise RegistryNeedsPolicyError("the registry always has a policy; assign another to '*' instead")
            at = moment_after(assignments.last_change(scope), self.clock())
            ended, event = found.end(actor, at, reason)
            assignments.end(found.id, actor.id, at)
            tx.record(event)
        return Recorded(ended, tx.receipt)

    def prepare(self, actor: Actor, first: str) -> None:
        """Publish the policies that ship, and assign one to a registry that has none.

        A registry that has a policy keeps it, whatever the setting says: only an assignment changes it, for that is
        asked for by somebody who may, and audited. Of several servers that start at once one does it.
        """
        with suppress(ConcurrentWriteError), self.database.transaction() as tx:
            shipped = {name: self.publish_in(tx, actor, *shipped_policy(name))[0] for name in SHIPPED}
            if AssignmentRepository(tx).current(REGISTRY) is None:
                self.assign_in(tx, actor, REGISTRY, shipped[first], "")
