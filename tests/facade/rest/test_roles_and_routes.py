"""Every route against every built-in role, in the namespace the role is for, in another and on the registry: test S2.

What a route is asked with stands in `tests/facade/rest/operations.py`: it is good enough that rights decide. A new
route fails the tests of this module until they know how to ask it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.facade.rest.furnished import WIDE, Furnished
from tests.facade.rest.operations import BYTES, ENDLESS, EXAMPLES, Operation, operations
from tests.facade.rest.registry import API, a_registry
from tests.people import a_token, bind, somebody
from tests.servers.webhooks import receiving

from modelkeep.api.rest.permissions import On
from modelkeep.domains.access import ROLES
from modelkeep.kernel.identity import Actor

ASKED = [role for role in ROLES if role != "LEGAL"]  # which grants what TEAM_LEAD grants
EVERYWHERE = [f"{role} everywhere" for role in ASKED]
STALE = '"777777"'
HIDDEN = {"catalog.model_not_found", "catalog.version_not_found", "catalog.namespace_not_found"}
UNREAD = (400, 413, 415, 422, 428)
"""What is answered to a request that says nothing: then rights did not decide."""

LISTS = {
    "list_models": "name",
    "list_namespaces": "name",
    "search_versions": "model",
    "list_bindings": "scope",
    "list_webhooks": "selection",
    "list_audit_entries": "subject",
    "list_access_log": "subject",
    "list_promotion_requests": "reference",
    "list_live_versions": "reference",
}
"""Lists that everybody may ask for, and what of an item says in which namespace it is."""
REQUEST_ROUTES = (
    "get_promotion_request",
    "cast_vote",
    "promote",
    "withdraw_promotion_request",
    "list_comments",
    "add_comment",
    "finish_review",
)
SEEN_WITH = {
    "revoke_role": "model.read",
    "unassign_policy": "model.read",
    "get_publisher": "grant.read",
    "delete_publisher": "grant.read",
    "get_audit_entry": "audit.read",
    **dict.fromkeys(
        ("get_upload", "cancel_upload", "send_batch", "list_parts", "send_part", "complete_blob"), "model.read"
    ),
    **dict.fromkeys(("get_webhook", "update_webhook", "delete_webhook", "test_webhook"), "webhook.read"),
    **dict.fromkeys(("replay_webhook", "deliver_webhook_event", "rotate_webhook_secret"), "webhook.read"),
    "list_webhook_deliveries": "webhook.read",
    **dict.fromkeys(REQUEST_ROUTES, "version.read"),
}
"""Routes about one item: with which permission it is seen at all. Who lacks that is told that it is not there."""
ABSENT = ("create_model", "resolve", "diff_versions")
"""Routes that name a scope in the request, and say of a hidden one that it is not there."""
OWN = {"create_token": "token.create"}
"""Routes about the caller's own things that need a permission somewhere."""


@dataclass(frozen=True)
class World:
    """A registry with the same things in two namespaces, and a principal for each role on the first."""

    furnished: Furnished
    asked: tuple[Operation, ...]
    tokens: Mapping[str, str]
    uploads: Mapping[tuple[str, str], str]

    def on(self, on: On) -> tuple[Operation, ...]:
        """Return the operations that declare this."""
        found = tuple(operation for operation in self.asked if operation.on == on)
        assert found
        return found

    def ask(self, operation: Operation, role: str, namespace: str = "own") -> Any:  # noqa: ANN401 - TestClient's response
        things = self.furnished.things[namespace] | self._fresh(operation, role, namespace)
        request = operation.request(things, if_match=STALE)
        request["headers"]["Authorization"] = f"Bearer {self.tokens[role]}" if role != NOBODY else ""
        return self.furnished.rest.http.request(**request, follow_redirects=False)

    def _fresh(self, operation: Operation, role: str, namespace: str) -> dict[str, str]:
        """Return things of this request's own: those that it uses up, and those that belong to who asks."""
        furnished = self.furnished
        used_up: dict[str, Callable[[], dict[str, str]]] = {
            "revoke_role": lambda: {"binding": furnished.a_binding(namespace)},
            "disable_principal": lambda: {"principal": somebody(furnished.rest.services).id},
            "delete_publisher": lambda: {"publisher": furnished.a_publisher(namespace)},
            "revoke_namespace_signing_key": lambda: {"signing_key": furnished.a_signing_key(namespace)},
            "end_waiver": lambda: {"waiver": furnished.a_waiver(namespace)},
            "unassign_policy": lambda: {"assignment": furnished.an_assignment(namespace)},
        }
        if operation.name in used_up:
            return used_up[operation.name]()
        return {"upload_id": self.uploads[role, namespace]} if "upload_id" in operation.places else {}


NOBODY = "nobody"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("registry")
    with receiving() as receiver, a_registry(folder, outbound_allow="127.0.0.1", **WIDE) as rest:
        furnished = Furnished(rest, receiver.url)
        for namespace in ("own", "other"):
            furnished.furnish(namespace)
            rest.http.get(f"{API}/models/{namespace}/scorer/versions/1/files/config.json")
        services = rest.services
        services.access_log.reads.write()
        people: dict[str, Actor] = {role: somebody(services, (role, "own")) for role in ASKED} | {
            "": somebody(services)
        }
        people |= {f"{role} everywhere": somebody(services, role) for role in ASKED}
        tokens = {role: a_token(services, actor) for role, actor in people.items()}
        uploads = _begun(furnished, people, tokens)
        yield World(furnished, tuple(operations(rest)), tokens, uploads)


def _begun(furnished: Furnished, people: Mapping[str, Actor], tokens: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return an upload of everybody in each namespace, begun while they might."""
    uploads = {}
    furnished.rest.http.post(f"{API}/roles", json={"name": "uploader", "permissions": ["model.read", "version.create"]})
    for (role, actor), namespace in product(people.items(), furnished.things):
        binding = bind(furnished.rest.services, actor.id, "uploader", namespace)
        uploads[role, namespace] = furnished.an_upload(namespace, tokens[role])
        assert furnished.rest.http.delete(f"{API}/access/bindings/{binding.id}").status_code == 200
    return uploads


def test_the_matrix_holds_every_route(world: World) -> None:
    assert {operation.on for operation in world.asked} == {*On, "own", "authenticated", "public"}
    assert {operation.name for operation in world.on(On.ITEMS)} == LISTS.keys() | SEEN_WITH.keys() | {ENDLESS}
    for operation in world.asked:
        assert set(operation.places) <= world.furnished.things["own"].keys(), operation.name
        assert ("requestBody" in operation.described) <= (operation.name in EXAMPLES or operation.name in BYTES), (
            operation.name
        )
    assert EXAMPLES.keys() | BYTES.keys() <= {operation.name for operation in world.asked}


def test_routes_in_a_namespace_are_open_to_the_roles_that_grant_their_permission_there(world: World) -> None:
    for operation, role in product(world.on(On.MODEL) + world.on(On.NAMESPACE), ["", *ASKED]):
        granted = ROLES.get(role, frozenset())
        answer = world.ask(operation, role)
        if operation.permission in granted:
            permitted(operation, role, answer)
        elif "model.read" in granted:
            assert answer.status_code == 403, said(operation, role, answer)
        else:
            hidden(operation, role, answer)


def test_in_another_namespace_nothing_is_there(world: World) -> None:
    for operation, role in product(world.on(On.MODEL) + world.on(On.NAMESPACE), ["", *ASKED]):
        hidden(operation, role, world.ask(operation, role, "other"))


def test_routes_that_name_a_scope_are_open_to_the_roles_that_grant_their_permission_there(world: World) -> None:
    for operation, role in product(world.on(On.BODY), ["", *ASKED]):
        granted = ROLES.get(role, frozenset())
        inside, outside = world.ask(operation, role), world.ask(operation, role, "other")
        if operation.permission in granted:
            permitted(operation, role, inside)
        else:
            assert inside.status_code == (403 if _sees(operation, granted) else 404), said(operation, role, inside)
        assert outside.status_code == (404 if operation.name in ABSENT else 403), said(operation, role, outside)


def test_one_item_is_open_to_the_roles_that_grant_its_permission_and_there_for_those_that_see_it(world: World) -> None:
    about_one = [operation for operation in world.on(On.ITEMS) if operation.name in SEEN_WITH]
    for operation, role in product(about_one, ["", *ASKED]):
        granted = ROLES.get(role, frozenset())
        inside, outside = world.ask(operation, role), world.ask(operation, role, "other")
        if operation.permission in granted:
            permitted(operation, role, inside)
        else:
            seen = SEEN_WITH[operation.name] in granted
            assert inside.status_code == (403 if seen else 404), said(operation, role, inside)
        assert outside.status_code == 404, said(operation, role, outside)


def test_a_list_shows_what_the_role_shows_and_nothing_of_another_namespace(world: World) -> None:
    for operation, role in product((o for o in world.on(On.ITEMS) if o.name in LISTS), ["", *ASKED]):
        answer = world.ask(operation, role)
        assert answer.status_code == 200, said(operation, role, answer)
        places = [str(item[LISTS[operation.name]]) for item in answer.json()["items"]]
        shown = operation.permission in ROLES.get(role, frozenset())
        mine = operation.name == "list_bindings" and role != ""  # everybody sees their own
        assert any("own" in place for place in places) is (shown or mine), said(operation, role, answer)
        assert not [place for place in places if "other" in place], said(operation, role, answer)


def test_routes_of_the_registry_are_open_to_who_holds_their_permission_on_all_of_it(world: World) -> None:
    for operation, role in product(world.on(On.REGISTRY), ASKED):
        inside = world.ask(operation, role)
        assert inside.status_code == 403, said(operation, role, inside)


def test_who_holds_a_permission_on_all_of_the_registry_holds_it_on_what_is_in_it(world: World) -> None:
    for operation, role in product(world.asked, ASKED):
        if operation.permission and operation.name not in LISTS and operation.name != ENDLESS:
            answer = world.ask(operation, f"{role} everywhere", "other")
            if operation.permission in ROLES[role]:
                permitted(operation, role, answer)
            else:
                assert answer.status_code in (403, 404), said(operation, role, answer)
                assert answer.status_code == 403 or operation.on == On.ITEMS, said(operation, role, answer)


def test_what_is_for_everybody_who_has_a_credential_is_for_everybody(world: World) -> None:
    free = [operation for operation in world.asked if operation.on in ("own", "authenticated")]
    for operation, role in product(free, ["", *ASKED, *EVERYWHERE, NOBODY]):
        answer = world.ask(operation, role)
        needed = OWN.get(operation.name)
        if role == NOBODY:
            assert answer.status_code == 401, said(operation, role, answer)
        elif needed is None or needed in ROLES.get(role.removesuffix(" everywhere"), frozenset()):
            assert answer.status_code not in (401, 403, *UNREAD), said(operation, role, answer)
        else:
            assert answer.status_code == 403, said(operation, role, answer)


def test_what_is_for_everybody_answers_who_has_a_credential_like_who_has_none(world: World) -> None:
    for operation in (found for found in world.asked if found.on == "public"):
        answers = [world.ask(operation, role) for role in (NOBODY, "", *ASKED, *EVERYWHERE)]
        assert len({answer.status_code for answer in answers}) == 1, operation.name
        assert "access.unauthenticated" not in answers[0].text, operation.name


def permitted(operation: Operation, role: str, answer: Any) -> None:  # noqa: ANN401 - TestClient's response
    """Check that rights were not in the way, and that they were what was looked at."""
    assert answer.status_code not in (401, 403, *UNREAD), said(operation, role, answer)
    assert answer.status_code < 500, said(operation, role, answer)


def hidden(operation: Operation, role: str, answer: Any) -> None:  # noqa: ANN401 - TestClient's response
    """Check that the caller is told that there is no such thing."""
    assert (answer.status_code, answer.json()["code"] in HIDDEN) == (404, True), said(operation, role, answer)


def said(operation: Operation, role: str, answer: Any) -> tuple[str, str, int, str]:  # noqa: ANN401 - the same
    return operation.name, role, answer.status_code, answer.text


def _sees(operation: Operation, granted: frozenset[str]) -> bool:
    return operation.name not in ABSENT or "model.read" in granted
