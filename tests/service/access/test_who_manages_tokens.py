"""Whose tokens somebody makes, sees and ends: no token opens more than who made it holds, or looks after."""

import pytest
from tests.builders import EVERYTHING
from tests.people import a_service_account, bind, somebody

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import (
    ForbiddenError,
    IssuedToken,
    NewToken,
    Permission,
    Reach,
    SessionNotFoundError,
    UnauthenticatedError,
)
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.access.domain.refusals import GrantExceedsError
from modelkeep.domains.access.domain.tokens import TokenNotFoundError
from modelkeep.kernel.identity import Actor, PrincipalKind, RequestInfo


@pytest.fixture
def clerk(services: Services, admin: Actor) -> Actor:
    """Somebody who manages principals and may make tokens, and holds nothing else."""
    permissions = frozenset({Permission.PRINCIPAL_WRITE, Permission.TOKEN_CREATE})
    services.roles.create(admin, "clerk", permissions=permissions, description="")
    return somebody(services, "clerk")


def create(services: Services, actor: Actor, *permissions: str) -> IssuedToken:
    return services.tokens.create(actor, NewToken(Reach.parse(permissions, [], []))).value


def enter(services: Services, issued: IssuedToken) -> Actor:
    return services.authentication.authenticate(issued.secret, RequestInfo("test"))


def test_nobody_makes_a_token_for_another_person(services: Services, admin: Actor, clerk: Actor) -> None:
    for actor, other in ((clerk, admin), (admin, clerk)):
        with pytest.raises(ForbiddenError, match="another person") as refused:
            services.tokens.create(actor, NewToken(principal=other.id))
        assert refused.value.event is not None
    assert services.tokens.list(clerk, EVERYTHING, principal=clerk.id).items == ()


def test_who_makes_a_token_for_an_account_of_somebody_else_holds_what_it_holds(
    services: Services, admin: Actor, clerk: Actor
) -> None:
    robot = a_service_account(services, somebody(services))
    wanted = NewToken(principal=robot.id)
    assert services.tokens.create(clerk, wanted).receipt
    services.groups.create(admin, "bosses")
    services.groups.add(admin, "bosses", robot.id)
    bind(services, services.groups.list(admin, EVERYTHING).items[0].id, "admin", "fraud", kind=SubjectType.GROUP)
    with pytest.raises(GrantExceedsError):
        services.tokens.create(clerk, wanted)
    services.groups.remove(admin, "bosses", robot.id)
    bind(services, robot.id, "viewer", "fraud", kind=SubjectType.SERVICE)
    with pytest.raises(GrantExceedsError):
        services.tokens.create(clerk, wanted)
    assert services.tokens.create(admin, wanted).receipt


def test_who_holds_token_create_nowhere_makes_no_token(services: Services) -> None:
    for actor in (somebody(services), somebody(services, "viewer"), somebody(services, kind=PrincipalKind.SERVICE)):
        with pytest.raises(ForbiddenError, match=r"token\.create"):
            create(services, actor)
    assert create(services, somebody(services, ("contributor", "fraud/scorer"))).token.kind.word == "personal"


def test_a_narrow_token_sees_and_ends_itself_only(services: Services) -> None:
    ann = somebody(services, "contributor")
    other, robot = create(services, ann), a_service_account(services, ann)
    narrow = create(services, ann, "model.read")
    actor = enter(services, narrow)
    assert [token.id for token in services.tokens.list(actor, EVERYTHING).items] == [narrow.token.id]
    assert services.tokens.get(actor, narrow.token.id).id == narrow.token.id
    for attempt in (services.tokens.get, services.tokens.revoke):
        with pytest.raises(TokenNotFoundError):
            attempt(actor, other.token.id)
    with pytest.raises(ForbiddenError):
        services.tokens.list(actor, EVERYTHING, principal=robot.id)
    services.tokens.revoke(actor, narrow.token.id)
    with pytest.raises(UnauthenticatedError):
        enter(services, narrow)


def test_a_token_that_may_make_others_manages_them(services: Services) -> None:
    ann = somebody(services, "contributor")
    other, actor = create(services, ann), enter(services, create(services, ann, "token.create"))
    assert len(services.tokens.list(actor, EVERYTHING).items) == 2
    assert services.tokens.revoke(actor, other.token.id).receipt


def test_a_narrow_token_neither_sees_nor_ends_sessions(services: Services) -> None:
    ann = somebody(services, "contributor")
    with services.sessions.database.transaction() as tx:
        session = services.sessions.open(tx, ann).session
    narrow, wide = (enter(services, create(services, ann, *permissions)) for permissions in (("model.read",), ()))
    assert services.sessions.list(narrow) == ()
    with pytest.raises(SessionNotFoundError):
        services.sessions.end(narrow, session.id)
    services.sessions.end(wide, session.id)
