from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.people import bind, somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import (
    REGISTRY,
    CrossSiteRequestError,
    NewBinding,
    NewPublisher,
    NewToken,
    OpenedSession,
    Permission,
    ProviderDetails,
    PublisherKind,
    SessionNotFoundError,
    StepUpRequiredError,
    UnauthenticatedError,
    read_conditions,
    require_recent_login,
)
from modelkeep.domains.access.repository import LastUseRepository
from modelkeep.domains.access.service.usage import UsageRecorder
from modelkeep.domains.access.tables import LAST_USE
from modelkeep.kernel.identity import Actor, RequestInfo, SessionId

REQUEST = RequestInfo("test")


def opened(services: Services, actor: Actor, **external: Any) -> OpenedSession:  # noqa: ANN401 - what `open` takes
    with services.sessions.database.transaction() as tx:
        return services.sessions.open(tx, actor, **external)


@pytest.fixture
def ana(services: Services) -> Actor:
    return somebody(services, name="Ana")


def test_who_has_logged_in_acts_by_the_secret_of_the_session(services: Services, ana: Actor) -> None:
    session = opened(services, ana)
    actor = services.sessions.authenticate(session.secret, REQUEST)
    assert (actor.id, actor.name, actor.kind, actor.token_id) == (ana.id, "Ana", ana.kind, None)
    assert actor.session is not None
    assert actor.session.id == session.session.id
    assert session.secret not in repr(session)


def test_a_session_ends_when_it_is_idle_for_half_an_hour(services: Services, ana: Actor, clock: ManualClock) -> None:
    secret = opened(services, ana).secret
    for _ in range(3):
        clock.advance(timedelta(minutes=29))
        services.sessions.authenticate(secret, REQUEST)
    clock.advance(timedelta(minutes=31))
    with pytest.raises(UnauthenticatedError, match="ended"):
        services.sessions.authenticate(secret, REQUEST)


def test_a_session_ends_after_twelve_hours_whatever_is_done_with_it(
    services: Services, ana: Actor, clock: ManualClock
) -> None:
    secret = opened(services, ana).secret
    for _ in range(35):
        clock.advance(timedelta(minutes=20))
        services.sessions.authenticate(secret, REQUEST)
    clock.advance(timedelta(minutes=21))
    with pytest.raises(UnauthenticatedError):
        services.sessions.authenticate(secret, REQUEST)


def test_another_server_knows_when_a_session_was_last_used(services: Services, ana: Actor, clock: ManualClock) -> None:
    session = opened(services, ana)
    clock.advance(timedelta(minutes=20))
    services.sessions.authenticate(session.secret, REQUEST)
    services.usage.write()
    with services.sessions.database.snapshot() as tx:
        used = {row.id: row.at for row in tx.session.execute(select(*LAST_USE.c))}
    assert set(used) >= {session.session.id, ana.id}
    assert used[session.session.id] - session.session.opened_at >= timedelta(minutes=20)
    assert services.sessions.list(ana)[0].seen_at == used[session.session.id]


def test_a_write_of_last_uses_never_goes_back(services: Services, ana: Actor, clock: ManualClock) -> None:
    late = clock() + timedelta(hours=1)
    for at in (late, clock()):
        with services.sessions.database.transaction() as tx:
            LastUseRepository(tx).save({ana.id: at})
    with services.sessions.database.snapshot() as tx:
        assert tx.session.scalars(select(LAST_USE.c.at).where(LAST_USE.c.id == ana.id)).one() == late


@pytest.mark.parametrize("secret", ["", "made up", "x" * 10_000])
def test_no_other_secret_opens_anything(services: Services, ana: Actor, secret: str) -> None:
    opened(services, ana)
    with pytest.raises(UnauthenticatedError):
        services.sessions.authenticate(secret, REQUEST)


def test_people_end_their_own_sessions_and_no_others(services: Services, ana: Actor) -> None:
    mine, other, foreign = opened(services, ana), opened(services, ana), opened(services, somebody(services))
    services.sessions.end(ana, mine.session.id)
    with pytest.raises(UnauthenticatedError):
        services.sessions.authenticate(mine.secret, REQUEST)
    assert [session.id for session in services.sessions.list(ana)] == [other.session.id]
    for wanted in (mine.session.id, foreign.session.id, SessionId("none")):
        with pytest.raises(SessionNotFoundError):
            services.sessions.end(ana, wanted)
    services.sessions.authenticate(foreign.secret, REQUEST)


def test_the_end_of_a_provider_session_ends_what_began_with_it(services: Services, ana: Actor) -> None:
    there = {"issuer": "https://login.example.org", "external_id": "s-1"}
    one, other = opened(services, ana, **there), opened(services, ana, **{**there, "external_id": "s-2"})
    with services.sessions.database.transaction() as tx:
        services.sessions.end_external(tx, ana, **there)
    with pytest.raises(UnauthenticatedError):
        services.sessions.authenticate(one.secret, REQUEST)
    services.sessions.authenticate(other.secret, REQUEST)
    with services.sessions.database.transaction() as tx:
        services.sessions.end_all(tx, ana, ana.id)
    assert services.sessions.list(ana) == ()


def test_each_session_has_a_token_of_its_own_against_other_sites(services: Services, ana: Actor) -> None:
    one, other = opened(services, ana), opened(services, ana)
    services.sessions.check_csrf(services.sessions.csrf_token(one.secret), one.secret)
    for given in (None, "", "ü", one.secret, services.sessions.csrf_token(other.secret)):
        with pytest.raises(CrossSiteRequestError):
            services.sessions.check_csrf(given, one.secret)


def test_what_needs_a_recent_login_is_refused_after_five_minutes(
    services: Services, ana: Actor, clock: ManualClock
) -> None:
    actor = services.sessions.authenticate(opened(services, ana).secret, REQUEST)
    require_recent_login(actor, clock())
    require_recent_login(ana, clock() + timedelta(days=1))
    clock.advance(timedelta(minutes=6))
    with pytest.raises(StepUpRequiredError, match="log in again"):
        require_recent_login(actor, clock())


def test_rights_change_by_a_recent_login_only(services: Services, ana: Actor, clock: ManualClock) -> None:
    bind(services, ana.id, "admin")
    actor = services.sessions.authenticate(opened(services, ana).secret, REQUEST)
    services.groups.create(actor, "risk")
    services.roles.create(actor, "reader", permissions=frozenset({Permission.MODEL_READ}), description="")
    binding = services.grants.grant(actor, NewBinding(ana.id, "viewer", REGISTRY)).value
    details = ProviderDetails("https://93.184.215.14", "modelkeep")
    conditions = read_conditions(PublisherKind.GENERIC, "https://93.184.215.14", {"claims": {"sub": "x"}})
    publisher = NewPublisher("job", "https://93.184.215.14", conditions, "contributor", (REGISTRY,))
    providers, roles = services.logins.providers, services.roles
    clock.advance(timedelta(minutes=6))
    for attempt in (
        lambda: services.grants.grant(actor, NewBinding(ana.id, "auditor", REGISTRY)),
        lambda: services.grants.revoke(actor, binding.id),
        lambda: services.groups.add(actor, "risk", ana.id),
        lambda: services.groups.remove(actor, "risk", ana.id),
        lambda: services.groups.delete(actor, "risk"),
        lambda: roles.create(actor, "other", permissions=frozenset({Permission.MODEL_READ}), description=""),
        lambda: roles.update(actor, "reader", permissions=None, description="x", seen=1),
        lambda: roles.delete(actor, "reader", seen=1),
        lambda: services.tokens.create(actor, NewToken()),
        lambda: providers.create(actor, "corporate", details),
        lambda: providers.change(actor, "corporate", details, seen=1),
        lambda: providers.delete(actor, "corporate", seen=1),
        lambda: services.logins.publishing.create(actor, publisher),
        lambda: services.logins.publishing.delete(actor, "job"),
    ):
        with pytest.raises(StepUpRequiredError):
            attempt()


def test_what_nobody_has_foreseen_ends_no_writing_of_last_uses(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = UsageRecorder(services.access.database)
    no_time: Any = object()
    recorder.note(["token"], no_time)
    recorder.write()
    assert "could not be written" in caplog.text
    assert recorder._unwritten
