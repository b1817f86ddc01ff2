"""Every route against every built-in role, in the namespace the role is for and in another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from tests.facade.rest.registry import API, Rest
from tests.people import a_token, somebody

from modelkeep.domains.access import ROLES

ASKED = [role for role in ROLES if role not in ("LEGAL", "SECURITY")]  # which grant what TEAM_LEAD grants
UNREAD = {
    "create_login_provider": "its body",
    "update_login_provider": "its body",
    "erase_audit_texts": "its body",
    "place_legal_hold": "its body",
    "release_legal_hold": "its body",
    "prove_inclusion": "its parameters",
    "prove_consistency": "its parameters",
}
"""Routes that read something before rights are looked at; tests of their own refuse who may not."""
HIDDEN = {"catalog.model_not_found", "catalog.version_not_found", "catalog.namespace_not_found"}
STALE = {"If-Match": '"777777"'}
PATH = {
    "model": "scorer",
    "selector": "1.0.0",
    "alias": "champion",
    "key": "team",
    "path": "config.json",
}
BODIES: dict[str, dict[str, Any]] = {
    "update_model": {"task": "x"},
    "set_model_tag": {"value": "x"},
    "set_version_tag": {"value": "x"},
    "describe_version": {"description": "x"},
    "describe_namespace": {"description": "x"},
    "set_alias": {"version": "1.0.0"},
    "log_metrics": {"metrics": [{"name": "auc", "value": 0.5}]},
    "get_blobs": {"digests": ["sha256:" + "0" * 64]},
    "open_upload": {"files": []},
    "register_version": {"manifest_digest": "sha256:" + "0" * 64},
    "create_role": {"name": "r", "permissions": ["model.read"]},
    "update_role": {"description": "x"},
    "create_group": {"name": "g"},
    "create_service_account": {"name": "s", "owner": "nobody"},
}


@dataclass(frozen=True)
class Route:
    """An operation that declares a permission."""

    name: str
    method: str
    path: str
    permission: str
    on: str


@dataclass(frozen=True)
class World:
    """A registry with the same private model in two namespaces, and a principal for each role on the first."""

    rest: Rest
    routes: tuple[Route, ...]
    headers: dict[str, dict[str, str]]

    def ask(self, route: Route, role: str, namespace: str) -> Any:  # noqa: ANN401 - TestClient's response
        names = {**PATH, "namespace": namespace}
        path = route.path
        for part in [part[1:-1] for part in route.path.split("/") if part.startswith("{")]:
            path = path.replace(f"{{{part}}}", names.get(part, "0"))
        body = BODIES.get(route.name)
        headers = self.headers[role] | (STALE if route.method != "post" else {})
        return self.rest.http.request(route.method, path, headers=headers, json=body)


@pytest.fixture(scope="module")
def world(shared: Rest) -> World:
    for namespace in ("own", "other"):
        shared.http.post(f"{API}/namespaces", json={"name": namespace})
        shared.create_model(f"{namespace}/scorer", tags={"team": "risk"})
        shared.push({"config.json": namespace.encode()}, f"{namespace}/scorer", tags={"team": "risk"})
        alias = f"{API}/models/{namespace}/scorer/aliases/champion"
        shared.http.put(alias, json={"version": "1.0.0"}, headers={"If-Match": "*"})
    people = {role: somebody(shared.services, (role, "own")) for role in ASKED} | {"": somebody(shared.services)}
    people |= {f"{role} everywhere": somebody(shared.services, role) for role in ASKED}
    headers = {role: {"Authorization": f"Bearer {a_token(shared.services, actor)}"} for role, actor in people.items()}
    return World(shared, tuple(_routes(shared.http.get("/openapi.json").json())), headers)


def _routes(document: dict[str, Any]) -> Iterator[Route]:
    for path, operations in document["paths"].items():
        for method, described in operations.items():
            needed = described.get("x-permission", {})
            if needed.get("permission"):
                name = described["operationId"].partition("_api_v1")[0]
                yield Route(name, method, path, needed["permission"], needed["on"])


def test_routes_in_a_namespace_are_open_to_the_roles_that_grant_their_permission_there(world: World) -> None:
    asked = [route for route in world.routes if route.on in ("model", "namespace")]
    assert len(asked) > 25
    for route, role in product(asked, ["", *ASKED]):
        granted = ROLES.get(role, frozenset())
        answer = world.ask(route, role, "own")
        said = (route.name, role, answer.status_code, answer.text)
        if route.permission in granted:
            assert answer.status_code != 403, said
        elif "model.read" in granted:
            assert answer.status_code == 403, said
        else:
            assert (answer.status_code, answer.json()["code"] in HIDDEN) == (404, True), said


def test_in_another_namespace_nothing_is_there(world: World) -> None:
    for route, role in product(world.routes, ["", *ASKED]):
        if route.on in ("model", "namespace"):
            answer = world.ask(route, role, "other")
            said = (route.name, role, answer.status_code, answer.text)
            assert (answer.status_code, answer.json()["code"] in HIDDEN) == (404, True), said


def test_routes_of_the_registry_are_open_to_who_holds_their_permission_on_all_of_it(world: World) -> None:
    asked = [route for route in world.routes if route.on == "registry"]
    for route, role in product(asked, ASKED):
        if route.name in UNREAD:
            continue
        inside = world.ask(route, role, "own")
        assert inside.status_code == 403, (route.name, role, inside.text)
        everywhere = world.ask(route, f"{role} everywhere", "own")
        permitted = route.permission in ROLES[role]
        assert (everywhere.status_code != 403) is permitted, (route.name, role, everywhere.text)
