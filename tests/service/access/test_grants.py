"""Giving roles and taking them back: nobody gives away what they lack, and somebody always administers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.people import somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import (
    REGISTRY,
    BindingQuery,
    ForbiddenError,
    NewBinding,
    Permission,
    Scope,
)
from modelkeep.domains.access.domain.bindings import BindingNotFoundError
from modelkeep.domains.access.domain.groups import GroupExistsError, GroupNotFoundError
from modelkeep.domains.access.domain.principals import LastAdminError, PrincipalExistsError, PrincipalNotFoundError
from modelkeep.domains.access.domain.refusals import GrantExceedsError
from modelkeep.domains.access.domain.roles import BuiltInRoleError, RoleExistsError, RoleInUseError, RoleNotFoundError
from modelkeep.domains.catalog import Visibility
from modelkeep.kernel.errors import InvalidValueError, RegistryError, StaleRevisionError
from modelkeep.kernel.identity import Actor, PrincipalKind

FRAUD = Scope("fraud")


def test_a_granted_role_holds_at_once_and_until_it_is_taken_back(services: Services, admin: Actor) -> None:
    ada = somebody(services, name="ada")
    a_model(services, admin)
    given = services.grants.grant(admin, NewBinding("ada", "viewer", FRAUD, reason="joins"))
    assert given.receipt is not None
    assert services.models.get(ada, SCORER).name == SCORER
    services.grants.revoke(admin, given.value.id, reason="leaves")
    with pytest.raises(RegistryError, match="there is no model"):
        services.models.get(ada, SCORER)


def test_granting_or_revoking_again_changes_nothing(services: Services, admin: Actor) -> None:
    ada = somebody(services)
    new = NewBinding(ada.id, "viewer", FRAUD)
    first = services.grants.grant(admin, new).value
    again = services.grants.grant(admin, new)
    assert (again.value, again.receipt) == (first, None)
    services.grants.revoke(admin, first.id)
    assert services.grants.revoke(admin, first.id).receipt is None


def test_a_new_expiry_replaces_the_binding_and_its_history_stays(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    ada, before = somebody(services), clock()
    first = services.grants.grant(admin, NewBinding(ada.id, "viewer", FRAUD)).value
    between = clock()
    soon = clock() + timedelta(days=1)
    second = services.grants.grant(admin, NewBinding(ada.id, "viewer", FRAUD, expires_at=soon)).value

    def held(query: BindingQuery) -> list[str]:
        return [item.id for item in services.grants.list(admin, query, EVERYTHING, subject=ada.id).items]

    assert held(BindingQuery()) == [second.id]
    assert held(BindingQuery(as_of=between)) == [first.id]
    assert held(BindingQuery(as_of=before)) == []


@pytest.mark.parametrize("role", ["maintainer", "contributor", "viewer"])
def test_a_maintainer_grants_what_it_holds_where_it_holds_it(services: Services, role: str) -> None:
    maintainer, ada = somebody(services, ("maintainer", "fraud")), somebody(services)
    assert services.grants.grant(maintainer, NewBinding(ada.id, role, Scope("fraud/scorer"))).receipt
    for scope in (REGISTRY, Scope("growth")):
        with pytest.raises(ForbiddenError, match=r"may not grant\.write"):
            services.grants.grant(maintainer, NewBinding(ada.id, role, scope))


@pytest.mark.parametrize("role", ["admin", "auditor", "LEGAL"])
def test_nobody_gives_away_what_they_do_not_hold(services: Services, role: str) -> None:
    maintainer, ada = somebody(services, ("maintainer", "fraud")), somebody(services)
    with pytest.raises(GrantExceedsError) as refusal:
        services.grants.grant(maintainer, NewBinding(ada.id, role, FRAUD))
    assert refusal.value.details["permissions"]
    assert refusal.value.event is not None


def test_putting_somebody_into_a_group_gives_away_what_the_group_holds(services: Services, admin: Actor) -> None:
    clerk, ada = somebody(services, "clerk"), somebody(services)
    services.roles.create(
        admin, "clerk", permissions=frozenset({Permission.PRINCIPAL_WRITE, Permission.MODEL_READ}), description=""
    )
    services.groups.create(admin, "bosses")
    assert services.groups.add(clerk, "bosses", ada.id).receipt
    services.groups.remove(clerk, "bosses", ada.id)
    services.grants.grant(admin, NewBinding("group:bosses", "admin", FRAUD))
    with pytest.raises(GrantExceedsError):
        services.groups.add(clerk, "bosses", clerk.id)


def test_what_names_nobody_or_nothing_is_refused(services: Services, admin: Actor, clock: ManualClock) -> None:
    somebody(services, name="twin")
    twin = somebody(services, name="twin")
    for new, error in (
        (NewBinding("nobody", "viewer", FRAUD), PrincipalNotFoundError),
        (NewBinding("twin", "viewer", FRAUD), PrincipalNotFoundError),
        (NewBinding("group:nobody", "viewer", FRAUD), GroupNotFoundError),
        (NewBinding(twin.id, "nothing", FRAUD), RoleNotFoundError),
        (NewBinding(twin.id, "viewer", FRAUD, expires_at=clock()), InvalidValueError),
        (NewBinding(twin.id, "viewer", FRAUD, stage="no/stage"), InvalidValueError),
        (NewBinding(twin.id, "viewer", FRAUD, reason="x" * 5000), InvalidValueError),
    ):
        with pytest.raises(error):
            services.grants.grant(admin, new)
    with pytest.raises(BindingNotFoundError):
        services.grants.revoke(admin, "nothing")


def test_who_may_not_read_grants_cannot_ask_whether_somebody_is_there(services: Services, admin: Actor) -> None:
    ada, bob = somebody(services), somebody(services, name="bob")
    services.groups.create(admin, "bosses")
    for subject in (bob.name, "nobody", "group:bosses", "group:nothing"):
        assert services.grants.list(ada, BindingQuery(), EVERYTHING, subject=subject).items == ()
    with pytest.raises(PrincipalNotFoundError):
        services.grants.list(admin, BindingQuery(), EVERYTHING, subject="nobody")


def admin_binding(services: Services, admin: Actor) -> str:
    (binding,) = services.grants.list(admin, BindingQuery(role="admin"), EVERYTHING).items
    return binding.id


def test_the_last_administrator_cannot_go(services: Services, admin: Actor, clock: ManualClock) -> None:
    binding, soon = admin_binding(services, admin), clock() + timedelta(days=1)
    account = somebody(services, "admin", kind=PrincipalKind.SERVICE)
    services.grants.grant(admin, NewBinding(somebody(services).id, "admin", REGISTRY, expires_at=soon))
    for attempt in (
        lambda: services.grants.revoke(admin, binding),
        lambda: services.principals.disable(admin, admin.id),
        lambda: services.grants.grant(admin, NewBinding(admin.id, "admin", REGISTRY, expires_at=soon)),
        lambda: services.grants.revoke(account, binding),
    ):
        with pytest.raises(LastAdminError, match="without an administrator"):
            attempt()


def test_the_last_administrator_through_a_group_cannot_leave_it(services: Services, admin: Actor) -> None:
    services.groups.create(admin, "admins")
    services.grants.grant(admin, NewBinding("group:admins", "admin", REGISTRY))
    services.groups.add(admin, "admins", admin.id)
    own = next(
        item.id
        for item in services.grants.list(admin, BindingQuery(role="admin"), EVERYTHING).items
        if item.subject.id == admin.id
    )
    services.grants.revoke(admin, own)
    for attempt in (
        lambda: services.groups.remove(admin, "admins", admin.id),
        lambda: services.groups.delete(admin, "admins"),
    ):
        with pytest.raises(LastAdminError):
            attempt()


def test_two_administrators_cannot_remove_each_other_at_once(services: Services, admin: Actor) -> None:
    other = somebody(services, "admin")
    by_subject = {
        item.subject.id: item.id for item in services.grants.list(admin, BindingQuery(role="admin"), EVERYTHING).items
    }

    def remove(pair: tuple[Actor, Actor]) -> bool:
        try:
            services.grants.revoke(pair[0], by_subject[pair[1].id])
        except RegistryError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(remove, [(admin, other), (other, admin)])).count(True) == 1


def test_a_disabled_principal_may_do_nothing(services: Services, admin: Actor) -> None:
    ada = somebody(services, "viewer")
    a_model(services, admin)
    services.principals.disable(admin, ada.id)
    assert services.principals.disable(admin, ada.id).receipt is None
    with pytest.raises(RegistryError, match="there is no model"):
        services.models.get(ada, SCORER)


def test_a_service_account_has_a_user_who_owns_it(services: Services, admin: Actor) -> None:
    account = services.principals.create_service_account(admin, "trainer", owner=admin.name).value
    assert (account.kind, account.owner_id) == (PrincipalKind.SERVICE, admin.id)
    with pytest.raises(PrincipalExistsError):
        services.principals.create_service_account(admin, "trainer", owner=admin.name)
    with pytest.raises(InvalidValueError, match="its owner is a user"):
        services.principals.create_service_account(admin, "other", owner="trainer")
    with pytest.raises(InvalidValueError, match="cannot name"):
        services.principals.create_service_account(admin, "Other!", owner=admin.name)
    listed = services.principals.list(admin, PrincipalKind.SERVICE, EVERYTHING).items
    assert [item.name for item in listed] == ["trainer"]
    assert services.principals.get(admin, "trainer").id == account.id


def test_a_role_is_made_changed_and_deleted_when_nobody_holds_it(services: Services, admin: Actor) -> None:
    ada, download = somebody(services), frozenset({Permission.VERSION_DOWNLOAD})
    made = services.roles.create(admin, "taker", permissions=download, description="Takes").value
    binding = services.grants.grant(admin, NewBinding(ada.id, "taker", FRAUD)).value
    changed = services.roles.update(
        admin, "taker", permissions=download | {Permission.MODEL_READ}, description=None, seen=1
    ).value
    assert (changed.revision, changed.description) == (2, "Takes")
    with pytest.raises(StaleRevisionError):
        services.roles.update(admin, "taker", permissions=download, description=None, seen=1)
    with pytest.raises(RoleInUseError):
        services.roles.delete(admin, "taker", seen=2)
    services.grants.revoke(admin, binding.id)
    services.roles.delete(admin, "taker", seen=2)
    with pytest.raises(RoleNotFoundError):
        services.roles.get("taker")
    assert made.permissions == download


def test_a_built_in_role_stays_as_it_is(services: Services, admin: Actor) -> None:
    with pytest.raises(BuiltInRoleError):
        services.roles.delete(admin, "viewer", seen=None)
    with pytest.raises(BuiltInRoleError):
        services.roles.update(admin, "viewer", permissions=None, description="x", seen=None)
    for name in ("viewer", "Viewer", "legal"):
        with pytest.raises(RoleExistsError):
            services.roles.create(admin, name, permissions=frozenset({Permission.MODEL_READ}), description="")


def test_a_group_is_made_once_filled_and_deleted(services: Services, admin: Actor) -> None:
    ada = somebody(services)
    group = services.groups.create(admin, "risk").value
    with pytest.raises(GroupExistsError):
        services.groups.create(admin, "risk")
    services.groups.add(admin, "risk", ada.id)
    assert services.groups.add(admin, "risk", ada.id).receipt is None
    assert [item.principal_id for item in services.groups.members(admin, "risk", EVERYTHING).items] == [ada.id]
    services.grants.grant(admin, NewBinding("group:risk", "viewer", FRAUD))
    services.groups.delete(admin, "risk")
    assert not services.groups.list(admin, EVERYTHING).items
    assert services.groups.create(admin, "risk").value.id != group.id


def test_bindings_are_listed_to_who_may_read_grants_there_and_to_who_holds_them(
    services: Services, admin: Actor
) -> None:
    ada, maintainer = somebody(services, ("viewer", "growth")), somebody(services, ("maintainer", "fraud"))
    services.grants.grant(admin, NewBinding(ada.id, "viewer", FRAUD))
    seen = {item.scope.text for item in services.grants.list(maintainer, BindingQuery(), EVERYTHING).items}
    assert seen == {"fraud"}
    own = services.grants.list(ada, BindingQuery(), EVERYTHING).items
    assert {item.scope.text for item in own} == {"fraud", "growth"}
    assert len(services.grants.list(admin, BindingQuery(), EVERYTHING).items) == 4


def test_an_explanation_names_the_binding_the_group_the_visibility_or_what_is_missing(
    services: Services, admin: Actor, clock: ManualClock
) -> None:
    ada, scorer = somebody(services, name="ada"), Scope("fraud/scorer")
    a_model(services, admin, visibility=Visibility.INTERNAL)
    a_version(services, admin)
    ask = services.explanations.explain
    assert ask(admin, "ada", Permission.MODEL_READ, scorer).visibility == "internal"
    denied = ask(ada, None, Permission.VERSION_DOWNLOAD, scorer)
    assert not denied.allowed
    assert denied.missing == ("no role of ada grants version.download on fraud/scorer or around it",)
    services.groups.create(admin, "risk")
    services.groups.add(admin, "risk", ada.id)
    soon = clock() + timedelta(hours=1)
    given = services.grants.grant(admin, NewBinding("group:risk", "contributor", FRAUD, expires_at=soon)).value
    allowed = ask(ada, "ada", Permission.VERSION_DOWNLOAD, scorer)
    assert [(item.binding.id, item.group) for item in allowed.holdings] == [(given.id, "risk")]
    clock.advance(timedelta(hours=2))
    assert (
        f"binding {given.id} (contributor on fraud) expired"
        in ask(ada, None, Permission.VERSION_DOWNLOAD, scorer).missing[0]
    )
    assert ask(admin, "ada", Permission.VERSION_DOWNLOAD, scorer, as_of=soon - timedelta(minutes=1)).allowed
    with pytest.raises(ForbiddenError):
        ask(ada, admin.name, Permission.MODEL_READ, scorer)


def test_a_review_lists_members_of_groups_and_when_they_were_last_here(services: Services, admin: Actor) -> None:
    ada, bob = somebody(services, name="ada"), somebody(services, ("LEGAL", "fraud/scorer"), name="bob")
    services.groups.create(admin, "risk")
    services.groups.add(admin, "risk", ada.id)
    services.grants.grant(admin, NewBinding("group:risk", "SECURITY", FRAUD))
    found = services.grants.review(admin, FRAUD, EVERYTHING, permission=Permission.STAGE_APPROVE).items
    lines = {(line.principal_name, line.binding.role, line.group, str(line.binding.scope)) for line in found}
    assert lines == {
        ("ada", "SECURITY", "risk", "fraud"),
        ("bob", "LEGAL", None, "fraud/scorer"),
        ("admin", "admin", None, "*"),
    }
    page = services.grants.review(admin, FRAUD, replace(EVERYTHING, size=1), permission=Permission.STAGE_APPROVE)
    assert page.next_token is not None
    with pytest.raises(ForbiddenError):
        services.grants.review(bob, FRAUD, EVERYTHING)
