"""What is asked too often is refused with the time to come again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.facade.rest.registry import API, Rest, a_registry, problem

from modelkeep.domains.access.domain.tokens import TokenKind, new_secret


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Rest]:
    with a_registry(
        tmp_path / "data", token_failures=2, searches=2, exports=1, logins_per_address=2, mints_per_address=2
    ) as registry:
        yield registry


def unknown(rest: Rest) -> int:
    headers = {"Authorization": f"Bearer {new_secret(TokenKind.PERSONAL)}"}
    return rest.http.get(f"{API}/whoami", headers=headers).status_code


def test_unknown_tokens_of_an_address_are_refused_after_some_and_known_ones_work_on(strict: Rest) -> None:
    assert [unknown(strict) for _ in range(4)] == [401, 401, 429, 429]
    assert strict.http.get(f"{API}/whoami").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed", "seconds"),
    [("GET", "/versions", 2, 60), ("GET", "/audit/export", 1, 3600), ("POST", "/login/devices", 2, 300)],
)
def test_too_many_requests_are_answered_with_when_to_come_again(
    strict: Rest, method: str, path: str, allowed: int, seconds: int
) -> None:
    body = {"label": "ann@laptop"} if method == "POST" else None
    for _ in range(allowed):
        assert strict.http.request(method, API + path, json=body).status_code < 300
    refused = strict.http.request(method, API + path, json=body)
    document = problem(refused, 429, "throttling.too_many_requests")
    assert refused.headers["Retry-After"] == str(document["context"]["retry_after"])
    assert seconds - 10 <= document["context"]["retry_after"] <= seconds


def test_identity_tokens_of_an_address_are_refused_before_anybody_looks_at_them(strict: Rest) -> None:
    def mint() -> int:
        return strict.http.post(f"{API}/ci/mint", json={"identity_token": "nonsense"}).status_code

    assert [mint() for _ in range(3)] == [401, 401, 429]
