"""What is counted of a login, and in which order: nobody can use up what others need."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from tests.registries import ManualClock

from modelkeep.domains.access import LimitNumbers, RequestLimits
from modelkeep.platform.database import Database, open_engines
from modelkeep.platform.throttling import Throttle, TooManyRequestsError

NUMBERS = LimitNumbers(logins_per_user=3, logins_per_address=2, logins=4, token_failures=2, mints_per_address=2)


@pytest.fixture
def limits(database_url: str) -> Iterator[RequestLimits]:
    with closing(Database(open_engines(database_url))) as database:
        yield RequestLimits(Throttle(database, ManualClock(step=timedelta())), NUMBERS)


def passes(count: Callable[..., None], *values: str) -> bool:
    try:
        count(*values)
    except TooManyRequestsError:
        return False
    return True


def test_an_address_that_is_refused_uses_up_nobody_elses_logins(limits: RequestLimits) -> None:
    assert [passes(limits.login, "192.0.2.1") for _ in range(9)] == [True] * 2 + [False] * 7
    assert passes(limits.login, "192.0.2.2")


def test_a_user_is_guarded_from_many_addresses_and_keeps_the_others_out_of_it(limits: RequestLimits) -> None:
    assert [passes(limits.login, f"192.0.2.{n}", "ann") for n in range(6)] == [True] * 3 + [False] * 3
    assert passes(limits.login, "192.0.2.9", "bob")
    assert not passes(limits.login, "192.0.2.10", "cem")  # everybody's four are used up


def test_an_ipv6_network_counts_as_one_address(limits: RequestLimits) -> None:
    assert [passes(limits.login, f"2001:db8::{n}") for n in range(3)] == [True, True, False]
    assert [passes(limits.token_failure, f"2001:db8::{n}") for n in range(3)] == [True, True, False]
    assert passes(limits.login, "2001:db8:0:1::1")


def test_an_ipv4_address_is_the_same_in_either_form(limits: RequestLimits) -> None:
    assert [passes(limits.login, at) for at in ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1")] == [True, True, False]


def test_identity_tokens_of_an_address_are_counted(limits: RequestLimits) -> None:
    assert [passes(limits.identity_token, "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert passes(limits.identity_token, "192.0.2.2")
