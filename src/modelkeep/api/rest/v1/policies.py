"""Policies over REST: what is wrong with one, its versions, and which governs what."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel, RequestedPage, RequestedTime
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out, status_of
from modelkeep.api.rest.v1.schemas.policies import (
    AssignmentIn,
    AssignmentOut,
    GoverningPolicyOut,
    LintIn,
    LintOut,
    PlanOut,
    PolicyOut,
    PolicySourceIn,
    PolicySummaryOut,
    ProposalIn,
)
from modelkeep.domains.access import Scope
from modelkeep.domains.governance import Assignment, AssignmentQuery, policy_schema
from modelkeep.kernel.identity import PrincipalId

router = APIRouter(prefix="/policies", tags=["governance"], route_class=RegistryRoute)
assignment_router = APIRouter(prefix="/policy-assignments", tags=["governance"], route_class=RegistryRoute)
model_router = APIRouter(prefix="/models/{namespace}/{model}", tags=["governance"], route_class=RegistryRoute)

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of a version")]


@router.get("/schema")
def get_policy_schema(_call: CurrentCall) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of policy documents, for editors."""
    return dict(policy_schema())


@router.post("/lint")
def lint_policy(body: LintIn, call: CurrentCall) -> LintOut:
    """Say what is wrong with a policy document, at line and column; nothing is published.

    With `against`, expressions that do not govern there yet are tried on the newest versions that the caller may read.
    """
    return LintOut.of(call.services.governance.planning.lint(call.actor, body.source, body.against))


@router.post("/plan")
def plan_policy(body: ProposalIn, call: CurrentCall) -> PlanOut:
    """Say what a policy would mean for a scope: what differs, and who holds what it would not let them hold."""
    plan = call.services.governance.planning.plan(call.actor, body.proposal())
    return PlanOut.of(plan, call.names(_people([plan.current])))


@router.post("", status_code=201)
def publish_policy(body: PolicySourceIn, call: CurrentCall) -> PolicyOut:
    """Publish a version of a policy, which never changes; a document that is published already is that version."""
    recorded = call.services.governance.policies.publish(call.actor, body.source)
    call.response.status_code = status_of(recorded)
    return PolicyOut.of(recorded.value, call.names([recorded.value.published_by]), recorded.receipt)


@router.get("", response_model=ListOut[PolicySummaryOut])
def list_policies(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the newest versions of all policies, by name."""
    found = call.services.governance.policies.list(page)
    names = call.names(item.published_by for item in found.items)
    return page_out(found, lambda item: PolicySummaryOut.of(item, names))


@router.get("/{policy}")
def get_policy(policy: str, call: CurrentCall) -> PolicyOut:
    """Return the newest version of a policy."""
    found = call.services.governance.policies.get(policy)
    return PolicyOut.of(found, call.names([found.published_by]))


@router.get("/{policy}/versions", response_model=ListOut[PolicySummaryOut])
def list_policy_versions(policy: str, call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the versions of a policy, the newest first."""
    found = call.services.governance.policies.history(policy, page)
    names = call.names(item.published_by for item in found.items)
    return page_out(found, lambda item: PolicySummaryOut.of(item, names))


@router.get("/{policy}/versions/{number}")
def get_policy_version(policy: str, number: Number, call: CurrentCall) -> PolicyOut:
    """Return a version of a policy."""
    found = call.services.governance.policies.get(policy, number)
    return PolicyOut.of(found, call.names([found.published_by]))


@assignment_router.post("", status_code=201)
def assign_policy(body: AssignmentIn, call: CurrentCall) -> AssignmentOut:
    """Let a policy govern the registry, a namespace or a model; needs `policy.write` there.

    A `source` is published in the same step, which needs `policy.write` on the registry. With the digest of a `plan`,
    nothing is done if anything in it has changed.
    """
    planning = call.services.governance.planning
    recorded = planning.apply(call.actor, body.proposal(), plan=body.plan, reason=body.reason)
    call.response.status_code = status_of(recorded)
    return AssignmentOut.of(recorded.value, call.names(_people([recorded.value])), recorded.receipt)


@assignment_router.get("", response_model=ListOut[AssignmentOut])
def list_policy_assignments(
    call: CurrentCall,
    page: RequestedPage,
    as_of: RequestedTime,
    scope: Annotated[str | None, Query(description="On exactly this scope")] = None,
    policy: Annotated[str | None, Query(description="Of this policy")] = None,
    history: Annotated[bool, Query(description="Those that have ended, too")] = False,  # noqa: FBT002 - a query parameter
) -> dict[str, Any]:
    """List assignments, the newest first: that of the registry, and those where the caller may read models."""
    on = None if scope is None else str(Scope.parse(scope))
    query = AssignmentQuery(on, policy, history, as_of)
    found = call.services.governance.policies.assignments(call.actor, query, page)
    names = call.names(_people(found.items))
    return page_out(found, lambda item: AssignmentOut.of(item, names))


@assignment_router.delete("/{assignment}")
def unassign_policy(
    assignment: str, call: CurrentCall, reason: Annotated[str, Query(description="Why", max_length=4096)] = ""
) -> AssignmentOut:
    """End an assignment: the policy of the wider scope governs from now on. The registry keeps one."""
    recorded = call.services.governance.policies.unassign(call.actor, assignment, reason=reason)
    return AssignmentOut.of(recorded.value, call.names(_people([recorded.value])), recorded.receipt)


@model_router.get("/policy")
def get_model_policy(model: NamedModel, call: CurrentCall, as_of: RequestedTime) -> GoverningPolicyOut:
    """Return the policy that governs a model, now or at a time, and the assignment that says so."""
    found = call.services.governance.policies.governing(call.actor, model, as_of=as_of)
    people = (*_people([found.assignment]), found.published.published_by)
    return GoverningPolicyOut.of(found, call.names(people))


def _people(assignments: Iterable[Assignment]) -> tuple[PrincipalId, ...]:
    return tuple(person for item in assignments for person in (item.set_by, item.ended_by) if person is not None)
