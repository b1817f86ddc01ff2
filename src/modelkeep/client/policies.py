"""Policies: what is wrong with one, its versions, what it would mean, and which governs what."""

from typing import TypedDict, Unpack

from modelkeep.client.connection import Connected, Moment, moment
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.policy_values import GoverningPolicy, Policy, PolicyAssignment, PolicyLint, PolicyPlan
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.references import ModelName


class PolicyProposal(TypedDict, total=False):
    """A policy: one that is published (and its number, by default the newest), or the `source` of one."""

    policy: str
    number: int
    source: str


class PolicyMethods(Connected):
    """What a registry object can do with policies. A scope is `*`, a namespace or `namespace/model`."""

    def lint_policy(self, source: str, *, against: str | None = None) -> PolicyLint:
        """Return what is wrong with a policy document, in YAML or JSON; nothing is published.

        With a scope, expressions that do not govern there yet are tried on its newest versions.

        Raises:
            NotFoundError: there is no such scope, or the caller may not see it.
        """
        body: dict[str, Json] = {"source": source, "against": against}
        return PolicyLint.read(self._session.answer(Call("POST", "/policies/lint", body=body)))

    def publish_policy(self, source: str) -> Policy:
        """Publish a version of a policy, which governs nothing yet; the same document again is that version.

        Raises:
            InvalidRequestError: the document has errors; the details hold the `findings`.
        """
        return Policy.read(self._session.answer(Call("POST", "/policies", body={"source": source})))

    def list_policies(self) -> Listing[Policy]:
        """Yield the newest versions of all policies, by name."""
        return self._pages("/policies", Policy.read)

    def get_policy(self, name: str, number: int | None = None) -> Policy:
        """Return a version of a policy, by default the newest.

        Raises:
            NotFoundError: there is none.
        """
        path = route("policies", name) if number is None else route("policies", name, "versions", number)
        return Policy.read(self._session.get(path))

    def policy_versions(self, name: str) -> Listing[Policy]:
        """Yield the versions of a policy, the newest first."""
        return self._pages(route("policies", name, "versions"), Policy.read)

    def policy_of(self, model: str, *, as_of: Moment | None = None) -> GoverningPolicy:
        """Return the policy that governs a model, now or at a time, and the assignment that says so."""
        name = ModelName.parse(model)
        return GoverningPolicy.read(
            self._session.get(route("models", name.namespace, name.name, "policy"), as_of=moment(as_of))
        )

    def plan_policy(self, scope: str = "*", **proposal: Unpack[PolicyProposal]) -> PolicyPlan:
        """Return what a policy would mean for a scope; nothing is changed.

        Raises:
            InvalidRequestError: the document has errors.
            ForbiddenError: the caller may not write policies there.
        """
        body = _proposed(scope, proposal)
        return PolicyPlan.read(self._session.answer(Call("POST", "/policies/plan", body=body)))

    def assign_policy(
        self, scope: str = "*", *, plan: str | None = None, reason: str = "", **proposal: Unpack[PolicyProposal]
    ) -> PolicyAssignment:
        """Let a policy govern a scope; a `source` is published in the same step.

        Raises:
            ConflictError: `plan` is the digest of a plan that would be another one now; nothing was done.
            ForbiddenError: the caller may not write policies there.
        """
        body = _proposed(scope, proposal) | {"plan": plan, "reason": reason}
        return PolicyAssignment.read(self._session.answer(Call("POST", "/policy-assignments", body=body)))

    def list_policy_assignments(
        self,
        *,
        scope: str | None = None,
        policy: str | None = None,
        history: bool = False,
        as_of: Moment | None = None,
    ) -> Listing[PolicyAssignment]:
        """Yield assignments that hold now or at a time, the newest first; with `history` those that have ended, too."""
        past = "true" if history else None
        return self._pages(
            "/policy-assignments",
            PolicyAssignment.read,
            scope=scope,
            policy=policy,
            history=past,
            as_of=moment(as_of),
        )

    def unassign_policy(self, assignment: str, *, reason: str = "") -> PolicyAssignment:
        """End an assignment by its id: the policy of the wider scope governs from now on.

        Raises:
            BlockedError: it is the registry's own, in whose place only another can be put.
        """
        call = Call("DELETE", route("policy-assignments", assignment), params={"reason": reason} if reason else {})
        return PolicyAssignment.read(self._session.answer(call))


def _proposed(scope: str, proposal: PolicyProposal) -> dict[str, Json]:
    body: dict[str, Json] = {"scope": scope}
    for name in ("policy", "number", "source"):
        if name in proposal:
            body[name] = proposal[name]
    return body
