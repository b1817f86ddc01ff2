"""A request that is sent twice under one key takes effect once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from tests.builders import ANYTHING, EVERYTHING
from tests.people import somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import KeptResponse
from modelkeep.domains.audit.domain.requests import IdempotencyKeyReusedError, RequestRepeatedError
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.kernel.identity import Actor, RequestInfo

ANSWER = KeptResponse(201, b'{"name": "risk"}', {"ETag": '"1"', "Content-Type": "application/json"})


def keyed(actor: Actor, key: str | None = "key", fingerprint: str = "create risk") -> Actor:
    return replace(actor, request=RequestInfo("request", key, fingerprint))


def create(services: Services, actor: Actor, name: str = "risk") -> None:
    services.namespaces.create(actor, name, description="")


def names(services: Services, admin: Actor) -> set[str]:
    return {namespace.name for namespace in services.namespaces.list(admin, ANYTHING, EVERYTHING).items}


def test_a_request_without_a_key_is_never_a_repetition(services: Services, admin: Actor) -> None:
    services.idempotency.keep(keyed(admin, None), ANSWER)
    assert services.idempotency.find(keyed(admin, None)) is None


def test_a_new_key_has_no_answer_yet(services: Services, admin: Actor) -> None:
    assert services.idempotency.find(keyed(admin)) is None


def test_a_repetition_gets_the_first_answer(services: Services, admin: Actor) -> None:
    create(services, keyed(admin))
    services.idempotency.keep(keyed(admin), ANSWER)
    assert services.idempotency.find(keyed(admin)) == ANSWER


def test_a_key_that_stood_for_another_request_is_refused(services: Services, admin: Actor) -> None:
    create(services, keyed(admin))
    services.idempotency.keep(keyed(admin), ANSWER)
    with pytest.raises(IdempotencyKeyReusedError, match="use a new key") as refusal:
        services.idempotency.find(keyed(admin, fingerprint="create churn"))
    assert refusal.value.kind is Kind.INVALID


def test_a_repetition_whose_first_answer_was_lost_is_told_that_it_took_effect(services: Services, admin: Actor) -> None:
    create(services, keyed(admin))
    with pytest.raises(RequestRepeatedError, match="took effect") as refusal:
        services.idempotency.find(keyed(admin))
    assert refusal.value.kind is Kind.BLOCKED


def test_a_key_belongs_to_its_principal(services: Services, admin: Actor) -> None:
    create(services, keyed(admin))
    other = somebody(services, "admin")
    assert services.idempotency.find(keyed(other)) is None
    create(services, keyed(other), "churn")


def test_a_second_effect_under_one_key_is_rolled_back(services: Services, admin: Actor) -> None:
    create(services, keyed(admin))
    with pytest.raises(RequestRepeatedError):
        create(services, keyed(admin), "churn")
    assert "churn" not in names(services, admin)


def test_a_request_that_failed_claims_no_key(services: Services, admin: Actor) -> None:
    with pytest.raises(RegistryError):
        create(services, keyed(admin), "default")
    create(services, keyed(admin))
    assert "risk" in names(services, admin)


def test_of_requests_at_once_under_one_key_one_takes_effect(services: Services, admin: Actor) -> None:
    together = Barrier(8)

    def attempt(number: int) -> bool:
        together.wait(20)
        try:
            create(services, keyed(admin), f"team-{number}")
        except RequestRepeatedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        effects = list(pool.map(attempt, range(8)))
    assert effects.count(True) == 1
    assert len([name for name in names(services, admin) if name.startswith("team-")]) == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\nb", "\0"])
def test_a_key_is_printable_ascii_of_bounded_length(services: Services, admin: Actor, key: str) -> None:
    with pytest.raises(InvalidValueError, match="1 to 255 printable ASCII characters"):
        services.idempotency.find(keyed(admin, key))


def test_the_longest_key_is_usable(services: Services, admin: Actor) -> None:
    create(services, keyed(admin, "k" * 255))
    services.idempotency.keep(keyed(admin, "k" * 255), ANSWER)
    assert services.idempotency.find(keyed(admin, "k" * 255)) == ANSWER


def test_an_answer_is_kept_for_a_day(services: Services, admin: Actor, clock: ManualClock) -> None:
    create(services, keyed(admin))
    services.idempotency.keep(keyed(admin), ANSWER)
    clock.advance(timedelta(hours=23))
    assert services.idempotency.forget_old() == 0
    assert services.idempotency.find(keyed(admin)) == ANSWER
    clock.advance(timedelta(hours=2))
    assert services.idempotency.forget_old() == 1
    assert services.idempotency.find(keyed(admin)) is None
