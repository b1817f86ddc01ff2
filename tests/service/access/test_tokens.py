"""Tokens that people make, narrow, list and revoke; those of their service accounts; and the notices of their end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_model
from tests.people import a_service_account, bind, somebody
from tests.registries import ManualClock, registry

from modelkeep.app.bootstrap import Services
from modelkeep.app.settings import Settings
from modelkeep.domains.access import (
    ForbiddenError,
    IssuedToken,
    NewToken,
    Reach,
    UnauthenticatedError,
)
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.access.domain.reach import TokenTooWideError
from modelkeep.domains.access.domain.tokens import TokenKind, TokenNotFoundError, new_secret
from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.kernel.errors import InvalidValueError, RegistryError
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, TokenId

REQUEST = RequestInfo("a request", address="10.1.2.3")
DAY = timedelta(days=1)


def create(
    services: Services, actor: Actor, *limits: Sequence[str], days: int | None = None, name: str = ""
) -> IssuedToken:
    permissions, scopes, networks = (*limits, [], [], [])[:3]
    new = NewToken(Reach.parse(permissions, scopes, networks), name, days)
    return services.tokens.create(actor, new).value


def enter(services: Services, issued: IssuedToken) -> Actor:
    return services.authentication.authenticate(issued.secret, REQUEST)


def actions(services: Services) -> list[str]:
    return [entry.action for entry in services.audit_reader.read(BEFORE_ALL, 500)]


def test_a_token_acts_as_who_made_it_and_no_further_than_it_reaches(services: Services) -> None:
    ann = somebody(services, "contributor")
    a_model(services, somebody(services, "admin"), SCORER)
    actor = enter(services, create(services, ann, ["model.read"], ["fraud"]))
    assert (actor.id, actor.token_id is None) == (ann.id, False)
    assert services.models.get(actor, SCORER).name == SCORER
    with pytest.raises(ForbiddenError):
        services.models.set_tag(actor, SCORER, "a", "b", seen=None)


def test_a_token_lasts_as_long_as_was_asked_for_and_ninety_days_otherwise(
    services: Services, clock: ManualClock
) -> None:
    ann = somebody(services, "contributor")
    standard, short = create(services, ann), create(services, ann, days=2)
    assert standard.token.expires_at - standard.token.created_at == 90 * DAY
    clock.advance(2 * DAY)
    with pytest.raises(UnauthenticatedError, match="has expired"):
        enter(services, short)
    for days in (0, 367):
        with pytest.raises(InvalidValueError, match="1 to 366 days"):
            create(services, ann, days=days)


def test_nobody_makes_a_token_wider_than_the_one_they_use(services: Services) -> None:
    ann = somebody(services, "contributor")
    narrow = enter(services, create(services, ann, ["token.create", "model.read"], ["fraud"], days=10))
    child = create(services, narrow)
    assert child.token.reach == Reach.parse(["token.create", "model.read"], ["fraud"], [])
    assert child.token.parent_id == narrow.token_id
    wider: tuple[tuple[list[str], list[str]], ...] = ((["model.write"], []), ([], ["risk"]))
    for permissions, scopes in wider:
        with pytest.raises(TokenTooWideError):
            create(services, narrow, permissions, scopes)
    with pytest.raises(TokenTooWideError, match="none made with it lasts longer"):
        create(services, narrow, days=11)


def test_a_token_without_that_permission_makes_no_other(services: Services) -> None:
    narrow = enter(services, create(services, somebody(services, "contributor"), ["model.read"]))
    with pytest.raises(ForbiddenError, match=r"token\.create"):
        create(services, narrow)


def test_ci_jobs_make_no_tokens(services: Services) -> None:
    with pytest.raises(ForbiddenError):
        create(services, somebody(services, kind=PrincipalKind.CI))


def test_a_revoked_token_opens_nothing_from_then_on_nor_do_those_made_with_it(services: Services) -> None:
    ann = somebody(services, "contributor")
    parent = create(services, ann)
    child = create(services, enter(services, parent))
    grandchild = create(services, enter(services, child))
    enter(services, grandchild)
    other = create(services, ann)
    revoked = services.tokens.revoke(ann, parent.token.id)
    assert revoked.value.revoked_by == ann.id
    assert revoked.receipt is not None
    for issued in (parent, child, grandchild):
        with pytest.raises(UnauthenticatedError, match="was revoked"):
            enter(services, issued)
    assert enter(services, other).id == ann.id
    assert actions(services).count("access.token_revoked") == 3
    again = services.tokens.revoke(ann, parent.token.id)
    assert (again.receipt, again.value.revoked_at) == (None, revoked.value.revoked_at)


def test_a_look_up_that_was_slower_than_the_revocation_is_not_remembered(services: Services) -> None:
    ann = somebody(services, "contributor")
    issued = create(services, ann)
    known, found = services.authentication.known, (issued.token, services.authentication._look_up(issued.secret, "")[1])
    moment = known.moment()
    services.tokens.revoke(ann, issued.token.id)
    known.add(issued.token.secret_hash, found, moment)
    assert known.find(issued.token.secret_hash) is None


def test_people_see_and_revoke_their_own_tokens_and_administrators_all(services: Services, admin: Actor) -> None:
    ann, bob = somebody(services, "contributor"), somebody(services)
    first, second = create(services, ann, name="laptop"), create(services, ann)
    ended = create(services, ann)
    services.tokens.revoke(ann, ended.token.id)
    assert [t.id for t in services.tokens.list(ann, EVERYTHING).items] == [second.token.id, first.token.id]
    assert services.tokens.get(ann, first.token.id).name == "laptop"
    assert services.tokens.list(bob, EVERYTHING).items == ()
    for attempt in (services.tokens.get, services.tokens.revoke):
        with pytest.raises(TokenNotFoundError):
            attempt(bob, first.token.id)
    with pytest.raises(ForbiddenError):
        services.tokens.list(bob, EVERYTHING, principal=ann.id)
    assert len(services.tokens.list(admin, EVERYTHING, principal=ann.id).items) == 2
    services.tokens.revoke(admin, first.token.id)
    with pytest.raises(TokenNotFoundError):
        services.tokens.get(admin, TokenId("nothing"))


def test_a_list_of_tokens_is_paged(services: Services) -> None:
    ann = somebody(services, "contributor")
    made = [create(services, ann).token.id for _ in range(5)]
    seen: list[str] = []
    page = services.tokens.list(ann, replace(EVERYTHING, size=2))
    while True:
        seen += [token.id for token in page.items]
        if page.next_token is None:
            break
        page = services.tokens.list(ann, replace(EVERYTHING, size=2, token=page.next_token))
    assert seen == made[::-1]


def test_an_owner_makes_tokens_for_a_service_account_and_nobody_else_does(services: Services, admin: Actor) -> None:
    ann, bob = somebody(services, "contributor"), somebody(services)
    robot = a_service_account(services, ann)
    bind(services, robot.id, "contributor", "fraud", kind=SubjectType.SERVICE)
    issued = services.tokens.create(ann, NewToken(principal=robot.id)).value
    assert issued.secret.startswith("mks_")
    assert (enter(services, issued).kind, issued.token.created_by) == (PrincipalKind.SERVICE, ann.id)
    services.tokens.create(admin, NewToken(principal=robot.id))
    for stranger, holder in ((bob, robot.id), (bob, ann.id), (bob, PrincipalId("nobody"))):
        with pytest.raises(ForbiddenError):
            services.tokens.create(stranger, NewToken(principal=holder))
    assert services.tokens.list(ann, EVERYTHING, principal=robot.id).items[-1] == issued.token


def test_a_token_for_some_networks_is_refused_elsewhere(services: Services) -> None:
    issued = create(services, somebody(services, "contributor"), [], [], ["10.0.0.0/8"])
    enter(services, issued)
    with pytest.raises(UnauthenticatedError, match="not for use from this address"):
        services.authentication.authenticate(issued.secret, replace(REQUEST, address="11.0.0.1"))


def test_whoever_holds_a_token_may_end_it(services: Services) -> None:
    issued = create(services, somebody(services, "contributor"))
    enter(services, issued)
    assert services.tokens.report_leak(issued.secret, REQUEST)
    with pytest.raises(UnauthenticatedError):
        enter(services, issued)
    assert actions(services)[-1] == "access.token_revoked"
    for secret in (issued.secret, new_secret(TokenKind.PERSONAL), "nonsense"):
        assert not services.tokens.report_leak(secret, REQUEST)


def test_the_end_of_a_token_is_told_of_fourteen_and_three_days_before(services: Services, clock: ManualClock) -> None:
    ann = somebody(services, "contributor")
    create(services, ann, days=90)
    create(services, ann, days=5)
    revoked = create(services, ann, days=90)
    services.tokens.revoke(ann, revoked.token.id)
    told = []
    for _ in range(92):
        told.append(services.tokens.notice_expiring())
        assert services.tokens.notice_expiring() == 0
        clock.advance(DAY)
    assert [day for day, count in enumerate(told) if count] == [2, 76, 87]
    assert actions(services).count("access.token_expiring") == 3


@pytest.mark.usefixtures("started")
def test_tokens_outlive_a_change_of_the_secret_key(admin_token: str, settings: Settings, clock: ManualClock) -> None:
    old = settings.secret_key
    changed = replace(settings, secret_key="another secret key of 32 characters", previous_secret_keys=f" {old} ,")
    with registry(changed, clock) as (rotated, token):
        assert token is None
        actor = rotated.authentication.authenticate(admin_token, REQUEST)
        newer = create(rotated, actor)
        assert enter(rotated, newer).id == actor.id
        assert actions(rotated).count("access.secret_key_changed") == 1
    with registry(replace(changed, previous_secret_keys=""), clock) as (alone, _):
        assert enter(alone, newer).id == actor.id
        with pytest.raises(UnauthenticatedError, match="not known"):
            alone.authentication.authenticate(admin_token, REQUEST)
    with pytest.raises(RegistryError, match="MODELKEEP_PREVIOUS_SECRET_KEYS"), registry(settings, clock):
        pytest.fail("it started")


def test_no_secret_is_in_the_representation_of_what_carries_one(services: Services) -> None:
    issued = create(services, somebody(services, "contributor"))
    assert issued.secret not in repr(issued)
    assert "secret key" not in repr(services.tokens)
