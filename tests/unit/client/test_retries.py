import httpx
import pytest

from modelkeep.client.errors import ApiError, NotFoundError, UnavailableError
from modelkeep.client.retries import Retries

REQUEST = httpx.Request("GET", "http://registry")


class Operation:
    def __init__(self, *outcomes: Exception | str) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def a_refusal(kind: type[ApiError], status: int, retry_after: float | None = None) -> ApiError:
    error = kind("no")
    error.status, error.retry_after = status, retry_after
    return error


def test_a_lost_connection_is_tried_again_with_growing_waits() -> None:
    waits: list[float] = []
    operation = Operation(*[httpx.ReadError("reset", request=REQUEST)] * 3, "done")
    assert Retries(sleep=waits.append).run(operation, repeatable=True) == "done"
    assert [0.25 <= waits[0] <= 0.5, 0.75 <= waits[1] <= 1.5, 2.25 <= waits[2] <= 4.5] == [True] * 3


def test_after_five_tries_the_last_error_is_raised() -> None:
    operation = Operation(*[httpx.ReadError("reset", request=REQUEST)] * 9)
    with pytest.raises(httpx.ReadError):
        Retries(sleep=lambda _: None).run(operation, repeatable=True)
    assert operation.calls == 5


def test_the_server_says_how_long_to_wait() -> None:
    waits: list[float] = []
    Retries(sleep=waits.append).run(Operation(a_refusal(UnavailableError, 503, 7.0), "done"), repeatable=True)
    assert waits == [7.0]


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    operation = Operation(a_refusal(UnavailableError, 503, 3600.0), "done")
    with pytest.raises(UnavailableError):
        Retries(sleep=lambda _: None).run(operation, repeatable=True)


def test_a_refusal_for_good_is_not_tried_again() -> None:
    operation = Operation(a_refusal(NotFoundError, 404), "done")
    with pytest.raises(NotFoundError):
        Retries(sleep=lambda _: None).run(operation, repeatable=True)
    assert operation.calls == 1


def test_what_must_not_happen_twice_is_repeated_only_if_it_never_began() -> None:
    retries = Retries(sleep=lambda _: None)
    with pytest.raises(httpx.ReadError):
        retries.run(Operation(httpx.ReadError("reset", request=REQUEST), "done"), repeatable=False)
    with pytest.raises(ApiError):
        retries.run(Operation(a_refusal(ApiError, 504), "done"), repeatable=False)
    assert retries.run(Operation(httpx.ConnectError("down", request=REQUEST), "done"), repeatable=False) == "done"
    assert retries.run(Operation(a_refusal(UnavailableError, 503), "done"), repeatable=False) == "done"


def test_a_certificate_that_is_not_trusted_does_not_become_so_by_waiting() -> None:
    operation = Operation(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]", request=REQUEST), "done")
    with pytest.raises(httpx.ConnectError):
        Retries(sleep=lambda _: None).run(operation, repeatable=True)
