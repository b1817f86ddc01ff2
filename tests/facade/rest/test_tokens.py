"""Tokens over REST: shown once, kept nowhere, revoked at once."""

from typing import Any

from sqlalchemy import select
from tests.facade.rest.registry import API, Rest, problem

from modelkeep.domains.audit.tables import IdempotentRequestRow

TOKENS = f"{API}/tokens"


def create(rest: Rest, headers: dict[str, str] | None = None, **body: Any) -> Any:  # noqa: ANN401 - JSON
    made = rest.http.post(TOKENS, json=body, headers=headers)
    assert made.status_code == 201, made.text
    return made.json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_made_used_listed_and_revoked(on_each_database: Rest) -> None:
    rest = on_each_database
    made = create(rest, name="laptop", days=30, permissions=["model.read"], scopes=["fraud"])
    assert (made["kind"], made["permissions"], made["scopes"]) == ("personal", ["model.read"], ["fraud"])
    assert made["audit"]["seq"] > 0
    me = rest.http.get(f"{API}/whoami", headers=bearer(made["token"])).json()
    assert me["token"]["name"] == "laptop"
    assert me["token"]["expires_at"] == made["expires_at"]
    listed = rest.http.get(TOKENS).json()["items"]
    assert listed[0]["id"] == made["id"]
    assert all("token" not in item for item in listed)
    revoked = rest.http.delete(f"{TOKENS}/{made['id']}")
    assert revoked.json()["revoked_at"] is not None
    problem(rest.http.get(f"{API}/whoami", headers=bearer(made["token"])), 401, "access.unauthenticated")
    assert rest.http.get(f"{TOKENS}/{made['id']}").json()["revoked_at"] == revoked.json()["revoked_at"]


def test_the_secret_is_not_kept_for_a_repetition(rest: Rest) -> None:
    key = {"Idempotency-Key": "once"}
    made = rest.http.post(TOKENS, json={"name": "laptop"}, headers=key)
    assert made.headers["Cache-Control"] == "no-store"
    problem(rest.http.post(TOKENS, json={"name": "laptop"}, headers=key), 409, "audit.request_repeated")
    with rest.services.access.database.snapshot() as tx:
        kept = tx.session.scalars(select(IdempotentRequestRow)).all()
    assert len(kept) == 1
    assert made.json()["token"] not in str([vars(row) for row in kept])


def test_a_narrow_token_makes_no_wider_one(rest: Rest) -> None:
    narrow = create(rest, permissions=["token.create", "model.read"], scopes=["fraud"])
    child = create(rest, headers=bearer(narrow["token"]))
    assert (child["scopes"], child["parent_id"]) == (["fraud"], narrow["id"])
    wide = rest.http.post(TOKENS, json={"scopes": ["risk"]}, headers=bearer(narrow["token"]))
    assert problem(wide, 403, "access.token_too_wide")["context"]["beyond"] == ["risk"]
    mute = create(rest, permissions=["model.read"])
    problem(rest.http.post(TOKENS, json={}, headers=bearer(mute["token"])), 403, "access.forbidden")


def test_limits_that_cannot_be_are_refused(shared: Rest) -> None:
    for body in ({"permissions": ["fly"]}, {"networks": ["x"]}, {"days": 0}, {"name": "a\nb"}):
        problem(shared.http.post(TOKENS, json=body), 422, "kernel.invalid_value")
    problem(shared.http.post(TOKENS, json={"scopes": ["a b"]}), 422, "kernel.invalid_reference")
    problem(shared.http.get(f"{TOKENS}/nothing"), 404, "access.token_not_found")


def test_a_token_for_a_network_is_refused_from_elsewhere(rest: Rest) -> None:
    made = create(rest, networks=["10.0.0.0/8"])
    refused = rest.http.get(f"{API}/whoami", headers=bearer(made["token"]))
    assert "not for use from this address" in problem(refused, 401, "access.unauthenticated")["detail"]


def test_whoever_finds_a_token_ends_it(rest: Rest) -> None:
    found = create(rest)["token"]
    rest.http.headers.pop("Authorization")
    for revoked in (True, False):
        assert rest.http.post(f"{TOKENS}/report-leak", json={"token": found}).json() == {"revoked": revoked}
    problem(rest.http.get(f"{API}/whoami", headers=bearer(found)), 401, "access.unauthenticated")
