"""Addresses that people enter and the server would speak to: none of them leads inside. Part of test S10.

What an address may be is for `tests/unit/platform/test_outbound_addresses.py`; here is every door that takes one.
"""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from tests.facade.rest.registry import ANY, API, Rest, problem
from tests.hostile_addresses import FORBIDDEN
from tests.people import a_token, somebody
from tests.servers.signing_issuer import SigningIssuer, signing_issuer

PUBLIC = "https://93.184.215.14/hooks"
PROVIDER = {"client_id": "modelkeep", "issuer": PUBLIC}
HOOK = {"url": PUBLIC, "selection": {"types": ["MODEL_DELETED"]}}
JOBS = {"kind": "generic", "conditions": {"claims": {"sub": "a job"}}, "scopes": ["fraud"], "issuer": PUBLIC}
REFUSALS = {"outbound.refused", "access.login_provider_setting", "events.invalid_subscription"}


@dataclass(frozen=True)
class Door:
    """A route that takes an address, and what else it takes."""

    method: str
    path: str
    field: str
    body: Mapping[str, Any]

    def ask(self, rest: Rest, address: str, **headers: str) -> Any:  # noqa: ANN401 - TestClient's response
        seen = ANY if self.method != "POST" else {}
        body = {**self.body, self.field: address}
        return rest.http.request(self.method, API + self.path, json=body, headers=seen | headers)


@pytest.fixture(scope="module")
def doors(shared: Rest) -> list[Door]:
    shared.create_model()
    hook = shared.http.post(f"{API}/webhooks", json={"name": "public", **HOOK})
    provider = shared.http.post(f"{API}/login-providers", json={"name": "public", **PROVIDER})
    assert (hook.status_code, provider.status_code) == (201, 201)
    return [
        Door("POST", "/webhooks", "url", {"name": "inside", **HOOK}),
        Door("PATCH", f"/webhooks/{hook.json()['id']}", "url", {}),
        Door("POST", "/login-providers", "issuer", {"name": "inside", **PROVIDER}),
        Door("PUT", "/login-providers/public", "issuer", PROVIDER),
        Door("POST", "/publishers", "issuer", {"name": "inside", **JOBS}),
    ]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_door_takes_an_address_that_leads_inside(shared: Rest, doors: list[Door], address: str) -> None:
    for door in doors:
        if address or door.path != "/publishers":  # an issuer that is left out is the public service of the kind
            refused = door.ask(shared, address)
            assert refused.status_code == 422, (door, refused.text)
            assert refused.json()["code"] in REFUSALS, (door, refused.text)
            assert "Traceback" not in refused.text


@pytest.fixture
def inside() -> Iterator[SigningIssuer]:
    """A server on this machine, which nobody has allowed."""
    with signing_issuer() as running:
        yield running


def test_a_server_inside_is_not_asked_even_to_find_out_that_it_may_not_be(
    shared: Rest, doors: list[Door], inside: SigningIssuer
) -> None:
    for door in doors:
        for address in (
            inside.url,
            inside.url.replace("http:", "https:"),
            inside.url.replace("127.0.0.1", "localhost"),
        ):
            problem(door.ask(shared, address), 422, "outbound.refused")
    assert not inside.requests


def test_nobody_learns_from_a_door_that_is_closed_to_them_what_a_name_leads_to(
    shared: Rest, doors: list[Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def ask(host: object, *_: object, **__: object) -> Any:  # noqa: ANN401 - the addresses of a host
        asked.append(host)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    viewer = {"Authorization": f"Bearer {a_token(shared.services, somebody(shared.services, 'viewer'))}"}
    for door in doors:
        refused = door.ask(shared, "https://intranet.example/", **viewer)
        assert refused.status_code in (403, 404), (door, refused.text)
    assert not asked
    assert doors[0].ask(shared, "https://intranet.example/").status_code == 201
    assert asked == ["intranet.example"]
