"""Who gets in, and with what."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from tests.registries import ManualClock, registry

from modelkeep.app.bootstrap import Services, build
from modelkeep.app.settings import Settings
from modelkeep.domains.access import UnauthenticatedError
from modelkeep.domains.access.domain.tokens import ADMIN_TOKEN_LIFE, TokenKind, new_secret
from modelkeep.domains.access.service.authentication import PepperMismatchError
from modelkeep.domains.access.tables import PrincipalRow, TokenRow
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalKind, RequestInfo

REQUEST = RequestInfo("a request")


def principals(services: Services) -> int:
    with services.access.database.snapshot() as tx:
        return tx.session.scalars(select(func.count()).select_from(PrincipalRow)).one()


def test_the_first_start_makes_one_administrator_with_a_token(services: Services, admin_token: str) -> None:
    actor = services.authentication.authenticate(admin_token, REQUEST)
    assert (actor.name, actor.kind, actor.roles) == ("admin", PrincipalKind.USER, frozenset({"admin"}))
    assert actor.request is REQUEST
    assert principals(services) == 1


def test_a_later_start_makes_none_and_gives_no_token_away(
    services: Services, admin_token: str, settings: Settings, clock: ManualClock
) -> None:
    with registry(settings, clock) as (again, token):
        assert token is None
        assert again.authentication.authenticate(admin_token, REQUEST).name == "admin"
    assert principals(services) == 1


@pytest.mark.usefixtures("started")
def test_a_server_with_another_secret_key_does_not_start(settings: Settings) -> None:
    other = replace(settings, secret_key="another secret key of 32 characters")
    with pytest.raises(PepperMismatchError, match="set MODELKEEP_SECRET_KEY") as refusal, registry(other):
        pytest.fail("it started")
    assert refusal.value.kind is Kind.UNAVAILABLE


def test_the_secret_of_a_token_is_stored_nowhere(services: Services, admin_token: str) -> None:
    with services.access.database.snapshot() as tx:
        (row,) = tx.session.scalars(select(TokenRow)).all()
    assert row.last_four == admin_token[-4:]
    assert admin_token[4:34].encode() not in row.secret_hash
    assert admin_token not in str(vars(row))
    assert "secret key" not in repr(services.authentication)


def test_a_further_token_of_the_administrator_works_beside_the_first(
    services: Services, admin: Actor, admin_token: str
) -> None:
    further = services.authentication.issue_admin_token()
    actor = services.authentication.authenticate(further, REQUEST)
    assert actor.id == admin.id
    assert actor.token_id != admin.token_id
    assert services.authentication.authenticate(admin_token, REQUEST).id == admin.id


@pytest.mark.parametrize("secret", [None, ""])
def test_no_credential_is_answered_with_how_to_send_one(services: Services, secret: str | None) -> None:
    with pytest.raises(UnauthenticatedError, match="Authorization: Bearer mkp_") as refusal:
        services.authentication.authenticate(secret, REQUEST)
    assert refusal.value.kind is Kind.UNAUTHENTICATED


@pytest.mark.parametrize("secret", ["x", "mkp_short", "mkx_" + "0" * 36, "mkp_" + "0" * 36, "é" * 40, "\0"])
def test_a_malformed_token_is_refused_without_a_look_at_the_database(services: Services, secret: str) -> None:
    services.close()
    with pytest.raises(UnauthenticatedError, match="malformed"):
        services.authentication.authenticate(secret, REQUEST)


def test_a_well_formed_token_of_nobody_is_refused(services: Services) -> None:
    with pytest.raises(UnauthenticatedError, match="not known to this registry"):
        services.authentication.authenticate(new_secret(TokenKind.PERSONAL), REQUEST)


def test_a_token_ends_with_its_life(services: Services, admin_token: str, clock: ManualClock) -> None:
    clock.advance(ADMIN_TOKEN_LIFE - timedelta(minutes=1))
    services.authentication.authenticate(admin_token, REQUEST)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(UnauthenticatedError, match=f"ending in {admin_token[-4:]} has expired or was revoked"):
        services.authentication.authenticate(admin_token, REQUEST)


def test_a_revoked_token_is_refused_by_a_server_that_has_not_seen_it(
    services: Services, admin: Actor, admin_token: str, settings: Settings, clock: ManualClock
) -> None:
    with services.access.database.transaction() as tx:
        tx.session.execute(update(TokenRow).values(revoked_at=clock()))
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, clock()))
    with registry(settings, clock) as (other, _), pytest.raises(UnauthenticatedError, match="was revoked"):
        other.authentication.authenticate(admin_token, REQUEST)


def test_a_server_remembers_whom_it_has_just_let_in(services: Services, admin_token: str) -> None:
    assert not services.authentication.remembers(admin_token)
    services.authentication.authenticate(admin_token, REQUEST)
    assert services.authentication.remembers(admin_token)
    assert services.authentication.remembers("malformed")
    assert services.authentication.remembers(None)


def test_principals_are_shown_by_name_and_strangers_by_id(services: Services, admin: Actor) -> None:
    assert services.access.names([admin.id, "system", admin.id]) == {admin.id: "admin", "system": "system"}
    assert services.access.names([]) == {}


def test_a_registry_without_an_administrator_issues_no_token(settings: Settings, clock: ManualClock) -> None:
    services = build(settings, clock=clock)
    with pytest.raises(UnauthenticatedError, match="no administrator yet"):
        services.authentication.issue_admin_token()
    services.close()
