"""Who is trusted to sign, where, and since when."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.authorities import a_signer, an_authority
from tests.builders import a_model
from tests.people import policy_keeper, somebody
from tests.registries import START, ManualClock
from tests.signing import EVERYTHING, a_private_key, trust

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, ForbiddenError, Scope, StepUpRequiredError
from modelkeep.domains.governance import NewTrust
from modelkeep.domains.governance.domain import signing_keys as rules
from modelkeep.kernel.errors import InvalidValueError, RegistryError
from modelkeep.kernel.identity import Actor, SessionId, SessionInfo
from modelkeep.kernel.paging import PageRequest
from modelkeep.signing import InvalidSigningKeyError

KEY = a_private_key()
PEM = KEY.public.pem
ROOT = an_authority()
FRAUD = Scope.of_namespace("fraud")


def names(services: Services, actor: Actor, scope: Scope = REGISTRY) -> list[str]:
    return [key.name for key in services.signing.keys.list(actor, scope, EVERYTHING).items]


@pytest.fixture(autouse=True)
def _namespace(services: Services, admin: Actor) -> None:
    a_model(services, admin)


def test_trusting_the_same_again_changes_nothing_and_another_key_needs_another_name(
    services: Services, admin: Actor
) -> None:
    key = trust(services, admin, KEY)
    again = services.signing.keys.trust(admin, REGISTRY, NewTrust(" release ", f"\n{PEM}"))
    assert (again.value, again.receipt) == (key, None)
    with pytest.raises(rules.SigningKeyExistsError, match=key.id):
        trust(services, admin, a_private_key())
    with pytest.raises(rules.SigningKeyExistsError):
        services.signing.keys.trust(admin, REGISTRY, NewTrust("release", PEM, valid_until=START))
    services.signing.keys.revoke(admin, REGISTRY, key.id)
    trust(services, admin, a_private_key())
    assert names(services, admin) == ["release"]


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (NewTrust("", PEM), rules.InvalidTrustError),
        (NewTrust("a\nb", PEM), rules.InvalidTrustError),
        (NewTrust("x" * 201, PEM), rules.InvalidTrustError),
        (NewTrust("a", PEM, "email:*@example.org"), rules.InvalidTrustError),
        (NewTrust("a", ROOT.pem.decode()), rules.InvalidTrustError),
        (NewTrust("a", ROOT.pem.decode(), "*"), InvalidValueError),
        (NewTrust("a", a_signer(ROOT).pem.decode(), "email:*"), InvalidSigningKeyError),
        (NewTrust("a", KEY.to_pem()), InvalidSigningKeyError),
        (NewTrust("a", PEM, None, START, START), rules.InvalidTrustError),
    ],
)
def test_what_cannot_be_meant_is_refused(
    services: Services, admin: Actor, new: NewTrust, refusal: type[RegistryError]
) -> None:
    with pytest.raises(refusal):
        services.signing.keys.trust(admin, REGISTRY, new)


def test_a_reason_that_no_database_can_hold_is_refused_and_the_key_stays(services: Services, admin: Actor) -> None:
    key = trust(services, admin, KEY)
    with pytest.raises(InvalidValueError, match="NUL"):
        services.signing.keys.revoke(admin, REGISTRY, key.id, reason="lost\0")
    assert names(services, admin) == ["release"]


def test_keys_are_shown_as_of_a_time(services: Services, admin: Actor, clock: ManualClock) -> None:
    first = trust(services, admin, KEY, name="first")
    clock.advance(timedelta(days=1))
    between = clock()
    services.signing.keys.revoke(admin, REGISTRY, first.id)
    trust(services, admin, KEY, name="second")
    assert names(services, admin) == ["second"]
    then = services.signing.keys.list(admin, REGISTRY, EVERYTHING, as_of=between).items
    assert [(key.name, key.until) for key in then] == [("first", None)]
    assert services.signing.keys.list(admin, REGISTRY, EVERYTHING, as_of=START).items == ()


def test_keys_come_in_pages(services: Services, admin: Actor) -> None:
    for number in range(5):
        trust(services, admin, a_private_key(), name=str(number))
    found, token = [], None
    while True:
        page = services.signing.keys.list(admin, REGISTRY, PageRequest(2, token))
        found += [key.name for key in page.items]
        token = page.next_token
        if token is None:
            break
    assert found == ["4", "3", "2", "1", "0"]


def test_there_are_at_most_200_in_a_scope(services: Services, admin: Actor) -> None:
    for number in range(rules.MAX_KEYS):
        trust(services, admin, KEY, name=str(number))
    with pytest.raises(rules.TooManySigningKeysError):
        trust(services, admin, KEY, name="one more")
    trust(services, admin, KEY, FRAUD, name="elsewhere")


def test_who_may_write_policies_trusts_keys(services: Services, admin: Actor) -> None:
    keeper, contributor = policy_keeper(services, admin, "fraud"), somebody(services, ("contributor", "fraud"))
    key = trust(services, keeper, KEY, FRAUD)
    for ask in (
        lambda: trust(services, contributor, KEY, FRAUD, name="mine"),
        lambda: services.signing.keys.revoke(contributor, FRAUD, key.id),
        lambda: trust(services, keeper, KEY, REGISTRY),
        lambda: services.signing.keys.revoke(keeper, REGISTRY, key.id),
    ):
        with pytest.raises(ForbiddenError):
            ask()
    assert names(services, contributor, FRAUD) == ["release"]
    assert names(services, contributor) == []
    with pytest.raises(RegistryError) as refused:
        names(services, somebody(services), FRAUD)
    assert refused.value.code == "catalog.namespace_not_found"
    with pytest.raises(rules.SigningKeyNotFoundError):
        services.signing.keys.revoke(admin, REGISTRY, key.id)


def test_a_browser_needs_a_recent_login(services: Services, admin: Actor) -> None:
    old = replace(admin, session=SessionInfo(SessionId("session"), services.access.clock() - timedelta(minutes=6)))
    with pytest.raises(StepUpRequiredError):
        trust(services, old, KEY)
    key = trust(services, admin, KEY)
    with pytest.raises(StepUpRequiredError):
        services.signing.keys.revoke(old, REGISTRY, key.id)


def test_a_namespace_that_is_made_anew_trusts_nobody_of_before(services: Services, admin: Actor) -> None:
    services.namespaces.create(admin, "risk", description="")
    trust(services, admin, KEY, Scope.of_namespace("risk"))
    services.namespaces.delete(admin, "risk", seen=1)
    services.namespaces.create(admin, "risk", description="")
    assert names(services, admin, Scope.of_namespace("risk")) == []
    trust(services, admin, KEY, Scope.of_namespace("risk"))
