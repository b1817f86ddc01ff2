"""Logins, codes of command lines and CI tokens, on each database; and what happens when two come at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, insert, select
from tests.people import somebody
from tests.registries import ManualClock, settings_for
from tests.servers.signing_issuer import SigningIssuer, signing_issuer

from modelkeep.app.bootstrap import STARTUP, Services
from modelkeep.app.settings import Settings
from modelkeep.domains.access import (
    REGISTRY,
    BindingQuery,
    FinishedLogin,
    LoopbackRequest,
    NewBinding,
    NewPublisher,
    ProviderAnswer,
    ProviderDetails,
    Scope,
)
from modelkeep.domains.access.domain.openid.claims import ClaimRefusedError
from modelkeep.domains.access.domain.openid.identity_tokens import ExternalIdentity
from modelkeep.domains.access.domain.openid.logins import LoginRefusedError
from modelkeep.domains.access.domain.openid.terminals import (
    AuthorizationPendingError,
    TerminalCodeRefusedError,
    TerminalLoginError,
)
from modelkeep.domains.access.domain.principals import LastAdminError, PrincipalNotFoundError
from modelkeep.domains.access.domain.publishing.conditions import GenericConditions
from modelkeep.domains.access.domain.publishing.publishers import NoPublisherError, TokenReplayedError
from modelkeep.domains.access.repository import MembershipRepository
from modelkeep.domains.access.tables import GROUP, PRINCIPAL
from modelkeep.domains.access.tables.logins import LOGIN_ATTEMPT, USED_TOKEN
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.paging import PageRequest
from modelkeep.platform.database import ConcurrentWriteError
from modelkeep.platform.openid import challenge_of

T = TypeVar("T")
REQUEST = RequestInfo("test")
AUDIENCE = "https://models.example.org"
JOB = GenericConditions({"sub": ("job:release",)})


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return replace(settings_for(tmp_path, database_url), outbound_allow="127.0.0.1", public_url=AUDIENCE)


@dataclass
class World:
    services: Services
    admin: Actor
    issuer: SigningIssuer
    clock: ManualClock

    def token(self, **claims: Any) -> str:  # noqa: ANN401 - JSON
        now = int(self.clock().timestamp())
        standard = {"iss": self.issuer.url, "aud": "modelkeep", "sub": "ana", "iat": now, "exp": now + 300}
        return self.issuer.sign({**standard, **claims})

    def begin(self, *, fresh: bool = False) -> tuple[str, str]:
        """Begin a login; return its state and its nonce."""
        address = self.services.logins.people.begin("own", browser="a browser", return_to=None, fresh=fresh)
        asked = parse_qs(urlsplit(address).query)
        return asked["state"][0], asked["nonce"][0]

    def finish(self, state: str) -> FinishedLogin:
        answer = ProviderAnswer(state, "a code", None, None)
        return self.services.logins.people.finish("own", answer, browser="a browser", request=REQUEST)

    def log_in(self, **claims: Any) -> FinishedLogin:  # noqa: ANN401 - JSON
        state, nonce = self.begin()
        self.issuer.tokens = {"id_token": self.token(**{"nonce": nonce, "name": "Ana", **claims})}
        return self.finish(state)

    def count(self, table: Any) -> int:  # noqa: ANN401 - a table
        with self.services.access.database.snapshot() as tx:
            return tx.session.scalars(select(func.count()).select_from(table)).one()

    def groups_of(self, who: Actor) -> frozenset[str]:
        with self.services.access.database.snapshot() as tx:
            return MembershipRepository(tx).groups_of(who.id)


@pytest.fixture
def world(services: Services, admin: Actor, clock: ManualClock) -> Iterator[World]:
    with signing_issuer() as issuer:
        at = clock()
        with services.access.database.transaction() as tx:
            values = {"id": "g-risk", "name": "risk", "created_at": at, "created_by": "system"}
            tx.session.execute(insert(GROUP), values)
            tx.record(Event("access.principal_created", "g-risk", STARTUP, at, {"roles": []}))
        details = ProviderDetails(issuer.url, "modelkeep", groups_claim="groups", groups={"risk-team": "risk"})
        services.logins.providers.create(admin, "own", details)
        yield World(services, admin, issuer, clock)


def at_once(act: Callable[[], T]) -> tuple[list[T], list[RegistryError]]:
    """Do something four times at once; return what came of it, and the refusals."""
    done: list[T] = []
    refused: list[RegistryError] = []

    def attempt() -> None:
        try:
            done.append(act())
        except RegistryError as error:
            refused.append(error)

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(attempt) for _ in range(4)]:
            future.result()
    return done, refused


def test_a_user_is_made_once_and_follows_the_groups_of_the_provider(world: World) -> None:
    first = world.log_in(groups=["risk-team", "unheard of"])
    assert world.groups_of(first.actor) == {"g-risk"}
    assert first.opened.session.principal_id == first.actor.id
    second = world.log_in(groups=[])
    assert (second.actor.id, world.groups_of(first.actor)) == (first.actor.id, frozenset())
    assert world.log_in(sub="eve").actor.id != first.actor.id
    assert world.groups_of(world.log_in(groups="risk-team").actor) == {"g-risk"}


def test_the_name_that_somebody_chose_at_a_provider_is_nobody_to_grant_to(world: World) -> None:
    services = world.services
    mallory = world.log_in(sub="mallory", name="alice").actor
    with pytest.raises(PrincipalNotFoundError, match="given by id"):
        services.grants.grant(world.admin, NewBinding("alice", "admin", REGISTRY))
    alice = somebody(services, name="alice")
    bound = services.grants.grant(world.admin, NewBinding("alice", "viewer", REGISTRY)).value
    assert bound.subject.id == alice.id
    assert services.grants.grant(world.admin, NewBinding(mallory.id, "viewer", REGISTRY)).value.subject.id == mallory.id


def test_a_login_that_asks_anew_is_not_finished_by_an_old_one(world: World) -> None:
    long_ago = int(world.clock().timestamp()) - 3600
    for known in ({}, {"auth_time": long_ago}):
        state, nonce = world.begin(fresh=True)
        world.issuer.tokens = {"id_token": world.token(nonce=nonce, **known)}
        with pytest.raises(ClaimRefusedError, match="auth_time"):
            world.finish(state)
    state, nonce = world.begin(fresh=True)
    world.issuer.tokens = {"id_token": world.token(nonce=nonce, auth_time=int(world.clock().timestamp()))}
    assert world.finish(state).actor.name


def test_a_provider_cannot_take_the_last_administrator_away(world: World) -> None:
    grants = world.services.grants
    grants.grant(world.admin, NewBinding("group:risk", "admin", REGISTRY))
    ana = world.log_in(groups=["risk-team"]).actor
    (first,) = grants.list(world.admin, BindingQuery(role="admin"), PageRequest(10), subject=world.admin.id).items
    grants.revoke(world.admin, first.id)
    with pytest.raises(LastAdminError):
        world.log_in(groups=[])
    assert world.groups_of(ana) == {"g-risk"}


def test_a_login_counts_once_however_many_finish_it_at_the_same_time(world: World) -> None:
    state, nonce = world.begin()
    world.issuer.tokens = {"id_token": world.token(nonce=nonce)}
    done, refused = at_once(lambda: world.finish(state))
    assert (len(done), {type(error) for error in refused}) == (1, {LoginRefusedError})


def test_somebody_who_logs_in_twice_at_once_for_the_first_time_is_one_user(world: World) -> None:
    people, before = world.services.logins.people, world.count(PRINCIPAL)
    provider = world.services.logins.providers.get(world.admin, "own").provider
    identity = ExternalIdentity(world.issuer.url, "twin", "Twin", "", frozenset(), "", world.clock())

    done, refused = at_once(lambda: people._admit(provider, identity, REQUEST)[0])
    assert len({actor.id for actor in done}) == 1
    assert {type(error) for error in refused} <= {ConcurrentWriteError}, "finishing a login tries again then"
    assert world.count(PRINCIPAL) == before + 1


def test_what_nobody_finished_is_forgotten(world: World) -> None:
    world.begin()
    assert world.services.logins.forget_old() == 0
    world.clock.advance(timedelta(minutes=11))
    assert world.services.logins.forget_old() == 1
    assert world.count(LOGIN_ATTEMPT) == 0


def test_a_device_code_waits_is_approved_once_and_counts_once(world: World) -> None:
    terminals, ana = world.services.logins.terminals, somebody(world.services, name="Ana")
    begun = terminals.begin_device("ana@server")
    with pytest.raises(AuthorizationPendingError):
        terminals.finish_device(begun.device_code, REQUEST)
    done, refused = at_once(lambda: terminals.decide_device(ana, begun.login.user_code, approved=True))
    assert (len(done), {type(error) for error in refused}) == (1, {TerminalCodeRefusedError})
    world.clock.advance(timedelta(seconds=6))
    issued, late = at_once(lambda: terminals.finish_device(begun.device_code, REQUEST))
    assert len(issued) == 1
    assert len(late) == 3
    actor = world.services.authentication.authenticate(issued[0].secret, REQUEST)
    assert (actor.id, issued[0].token.name) == (ana.id, "ana@server")


def test_a_code_for_the_same_machine_counts_once(world: World) -> None:
    terminals, ana = world.services.logins.terminals, somebody(world.services, name="Ana")
    asked = LoopbackRequest("http://127.0.0.1:40000/", "s" * 16, challenge_of("v" * 43), "ana@laptop")
    code = parse_qs(urlsplit(terminals.approve_loopback(ana, asked)).query)["code"][0]
    done, refused = at_once(lambda: terminals.finish_loopback(code, "v" * 43, REQUEST))
    assert (len(done), {type(error) for error in refused}) == (1, {TerminalCodeRefusedError})
    with pytest.raises(TerminalLoginError):
        terminals.begin_device("")


def test_an_identity_token_of_a_job_counts_once_however_many_show_it(world: World) -> None:
    publishing = world.services.logins.publishing
    new = NewPublisher("release", world.issuer.url, JOB, "contributor", (Scope("fraud"), Scope("risk/scorer")))
    made = publishing.create(world.admin, new).value
    token = world.token(aud=AUDIENCE, sub="job:release", jti="once")
    done, refused = at_once(lambda: publishing.mint(token, None, REQUEST))
    assert (len(done), {type(error) for error in refused}) == (1, {TokenReplayedError})
    assert done[0].issued.token.scopes == {"fraud", "risk/scorer"}
    assert "stage.approve" not in done[0].issued.token.permissions
    assert publishing.get(world.admin, "release") == made
    assert [item.name for item in publishing.list(world.admin, PageRequest(1)).items] == ["release"]
    world.clock.advance(timedelta(minutes=6))
    assert world.services.logins.forget_old() == 1
    assert world.count(USED_TOKEN) == 0
    publishing.delete(world.admin, "release")
    with pytest.raises(NoPublisherError):
        publishing.mint(world.token(aud=AUDIENCE, sub="job:release", jti="twice"), None, REQUEST)


def test_providers_are_kept_as_they_were_written(world: World) -> None:
    providers = world.services.logins.providers
    details = ProviderDetails(
        world.issuer.url, "other", "Other", ("ES256",), ("openid", "groups"), "roles", {"a": "risk"}, link_by_email=True
    )
    providers.create(world.admin, "other", details)
    shown = providers.get(world.admin, "other")
    assert (shown.provider.details, shown.groups) == (replace(details, groups={"a": "g-risk"}), {"a": "risk"})
    names = [item.provider.name for item in providers.list(world.admin, PageRequest(10)).items]
    assert names == ["other", "own"]
    assert providers.offers() == (("other", "Other"), ("own", "own"))
    providers.delete(world.admin, "other", seen=None)
    assert providers.offers() == (("own", "own"),)
