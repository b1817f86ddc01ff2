"""Policies are published once and for all, and assigned to the registry, namespaces and models."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.people import policy_keeper, somebody
from tests.registries import ManualClock
from tests.unit.governance.documents import a_document

from modelkeep.app.bootstrap import Services, prepare
from modelkeep.app.settings import Settings
from modelkeep.domains.access import ForbiddenError, Scope
from modelkeep.domains.catalog.domain.errors import InvalidRecordError, ModelNotFoundError
from modelkeep.domains.governance import SHIPPED, AssignmentQuery, NewAssignment, PublishedPolicy, effective_policy
from modelkeep.domains.governance.domain.assignments import (
    AssignmentNotFoundError,
    NoPolicyInForceError,
    PolicyNotFoundError,
    RegistryNeedsPolicyError,
    StageNameTakenError,
)
from modelkeep.domains.governance.service.policy_texts import PolicyRefusedError
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference, parse_selector

IN_FORCE = AssignmentQuery()


def published(services: Services, actor: Actor, **changes: Any) -> PublishedPolicy:  # noqa: ANN401 - JSON
    return services.governance.policies.publish(actor, json.dumps(a_document(**changes))).value


def assign(services: Services, actor: Actor, scope: str, policy: str, number: int | None = None) -> str:
    return services.governance.policies.assign(actor, NewAssignment(scope, policy, number)).value.id


def governing(services: Services, actor: Actor) -> tuple[str, int, str]:
    found = services.governance.policies.governing(actor, SCORER)
    policy = found.published.policy
    return policy.name, policy.number, found.assignment.scope


def test_a_new_registry_has_the_policies_that_ship_and_goes_by_the_default(services: Services, admin: Actor) -> None:
    policies = services.governance.policies
    assert [item.policy.name for item in policies.list(EVERYTHING).items] == sorted(SHIPPED)
    (assigned,) = policies.assignments(admin, IN_FORCE, EVERYTHING).items
    assert (assigned.scope, assigned.policy, assigned.number) == ("*", "default", 1)


def test_another_start_with_another_setting_does_not_change_the_policy(
    services: Services, admin: Actor, settings: Settings
) -> None:
    a_model(services, admin)
    prepare(replace(settings, policy="open"), services)
    assert governing(services, admin) == ("default", 1, "*")


def test_a_start_that_names_no_policy_that_ships_is_refused(services: Services, settings: Settings) -> None:
    with pytest.raises(InvalidValueError, match="default, open, regulated"):
        prepare(replace(settings, policy="lax"), services)


def test_the_same_document_again_is_the_same_version(services: Services, admin: Actor) -> None:
    first = services.governance.policies.publish(admin, json.dumps(a_document()))
    again = services.governance.policies.publish(admin, json.dumps(a_document(), indent=3))
    other = services.governance.policies.publish(admin, json.dumps(a_document(description="Other")))
    assert (first.value.policy.number, again.value.policy.number, other.value.policy.number) == (1, 1, 2)
    assert again.receipt is None
    assert again.value.source == json.dumps(a_document())
    history = services.governance.policies.history("small", EVERYTHING).items
    assert [item.policy.number for item in history] == [2, 1]
    assert services.governance.policies.get("small", 1).policy.description == ""
    assert services.governance.policies.get("small").policy.description == "Other"


def test_a_document_with_errors_is_refused_with_all_of_them(services: Services, admin: Actor) -> None:
    with pytest.raises(PolicyRefusedError, match="line 1, column") as refused:
        published(services, admin, moves=[{"from": "Draft", "to": "Gone"}], stages=[{"name": "Draft"}] * 2)
    findings: Any = refused.value.details["findings"]
    assert {finding["code"] for finding in findings} == {"duplicate_stage", "unknown_stage"}


def test_who_writes_policies_of_a_namespace_only_publishes_none(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    keeper = policy_keeper(services, admin, "fraud")
    with pytest.raises(ForbiddenError):
        published(services, keeper)
    with pytest.raises(ForbiddenError):
        assign(services, keeper, "*", "open")
    assign(services, keeper, "fraud", "open")
    assert governing(services, keeper) == ("open", 1, "fraud")


def test_what_there_is_not_is_not_found(services: Services, admin: Actor) -> None:
    policies = services.governance.policies
    with pytest.raises(PolicyNotFoundError, match="no policy gone"):
        policies.get("gone")
    with pytest.raises(PolicyNotFoundError, match="no version 7"):
        policies.get("default", 7)
    with pytest.raises(PolicyNotFoundError):
        policies.history("gone", EVERYTHING)
    with pytest.raises(PolicyNotFoundError):
        assign(services, admin, "*", "gone")
    with pytest.raises(AssignmentNotFoundError):
        policies.unassign(admin, "gone")


def test_the_most_specific_assignment_governs_and_its_end_gives_way(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    on_model = assign(services, admin, "fraud/scorer", "open")
    on_namespace = assign(services, admin, "fraud", "regulated")
    assert governing(services, admin) == ("open", 1, "fraud/scorer")
    services.governance.policies.unassign(admin, on_model)
    assert governing(services, admin) == ("regulated", 1, "fraud")
    services.governance.policies.unassign(admin, on_namespace)
    assert governing(services, admin) == ("default", 1, "*")


def test_the_registry_always_has_a_policy(services: Services, admin: Actor) -> None:
    (assigned,) = services.governance.policies.assignments(admin, IN_FORCE, EVERYTHING).items
    with pytest.raises(RegistryNeedsPolicyError):
        services.governance.policies.unassign(admin, assigned.id)
    assign(services, admin, "*", "open")
    a_model(services, admin)
    assert governing(services, admin) == ("open", 1, "*")


def test_repeating_changes_nothing(services: Services, admin: Actor) -> None:
    policies = services.governance.policies
    first = policies.assign(admin, NewAssignment("fraud", "open"))
    again = policies.assign(admin, NewAssignment("fraud", "open", 1))
    assert (again.value.id, again.receipt) == (first.value.id, None)
    ended = policies.unassign(admin, first.value.id)
    assert policies.unassign(admin, first.value.id).receipt is None
    assert ended.value.until is not None


def test_a_version_that_is_published_later_governs_only_once_it_is_assigned(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    published(services, admin)
    assign(services, admin, "fraud", "small")
    published(services, admin, description="Another")
    assert governing(services, admin) == ("small", 1, "fraud")
    assign(services, admin, "fraud", "small")
    assert governing(services, admin) == ("small", 2, "fraud")


def test_what_governed_then_is_known(services: Services, admin: Actor, clock: ManualClock) -> None:
    a_model(services, admin)
    began = clock()
    on_namespace = assign(services, admin, "fraud", "open")
    during = clock()
    services.governance.policies.unassign(admin, on_namespace)
    policies = services.governance.policies
    then = [policies.governing(admin, SCORER, as_of=at).published.policy.name for at in (began, during, clock())]
    assert then == ["default", "open", "default"]
    with pytest.raises(NoPolicyInForceError):
        policies.governing(admin, SCORER, as_of=began - timedelta(days=1))
    seen = [policies.assignments(admin, replace(IN_FORCE, as_of=at), EVERYTHING).items for at in (began, during)]
    assert [[item.scope for item in items] for items in seen] == [["*"], ["fraud", "*"]]
    assert seen[1][0].until is None
    (past,) = policies.assignments(admin, AssignmentQuery("fraud", history=True), EVERYTHING).items
    assert past.until is not None


def test_who_may_not_see_a_model_sees_neither_its_policy_nor_its_assignment(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    hidden = assign(services, admin, "fraud/scorer", "open")
    stranger = somebody(services)
    with pytest.raises(ModelNotFoundError):
        services.governance.policies.governing(stranger, SCORER)
    seen = services.governance.policies.assignments(stranger, IN_FORCE, EVERYTHING).items
    assert [item.scope for item in seen] == ["*"]
    with pytest.raises(AssignmentNotFoundError):
        services.governance.policies.unassign(stranger, hidden)


def test_versions_start_in_the_first_stage_of_their_policy(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    stages = [{"name": "Idea"}, {"name": "Live", "exclusive": True, "replaced_to": "Idea"}]
    published(services, admin, stages=stages, moves=[{"from": "Idea", "to": "Live"}])
    assert a_version(services, admin).stage == "Draft"
    assign(services, admin, "fraud", "small")
    version = a_version(services, admin)
    assert version.stage == "Idea"
    assert services.versions.resolve(admin, Reference.parse("fraud/scorer@idea")).id == version.id


def test_no_alias_is_called_like_a_stage_of_any_policy(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin)
    first = parse_selector("1")
    services.aliases.set(admin, SCORER, "Idea", first, seen=0)
    stages = [{"name": "Idea"}]
    with pytest.raises(StageNameTakenError, match="fraud/scorer@Idea"):
        published(services, admin, stages=stages, moves=[])
    services.aliases.remove(admin, SCORER, "Idea", seen=None)
    published(services, admin, stages=stages, moves=[])
    with pytest.raises(InvalidRecordError, match="whoever holds that stage"):
        services.aliases.set(admin, SCORER, "idea", first, seen=None)


SCOPES = ["*", "fraud", "fraud/scorer", "risk"]
CHANGES = st.lists(st.tuples(st.sampled_from(SCOPES), st.sampled_from(["open", "regulated", None])), max_size=6)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_whatever_is_assigned_the_most_specific_of_each_time_governs(
    services: Services, admin: Actor, clock: ManualClock, changes: list[tuple[str, str | None]]
) -> None:
    policies = services.governance.policies
    current = {item.scope: item for item in policies.assignments(admin, IN_FORCE, EVERYTHING).items}
    moments = []
    for scope, policy in changes:
        if policy is not None:
            current[scope] = policies.assign(admin, NewAssignment(scope, policy)).value
        elif scope != "*" and scope in current:
            policies.unassign(admin, current.pop(scope).id)
        moments.append((clock(), {name: item.policy for name, item in current.items()}))
    with services.access.database.snapshot() as tx:
        for at, expected in moments:
            for scope in SCOPES:
                inherited = [expected[wider] for wider in Scope.parse(scope).lineage if wider in expected]
                assert effective_policy(tx, Scope.parse(scope), at).policy.name == inherited[-1]
