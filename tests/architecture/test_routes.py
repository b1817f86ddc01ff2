"""The inventory of routes: what each of them must declare, and how each treats who has no credential."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.facade.rest.registry import Rest, a_registry, problem

from modelkeep.api.rest.permissions import NEEDS, OTHERWISE
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1 import routers

PREFIX = "/api/v1"
UNREVISED = {
    "send_part": "a part has no revision",
    "cancel_upload": "an upload has no revision",
    "log_out": "a session has no revision",
    "end_session": "a session has no revision",
    "revoke_token": "a token never changes",
    "delete_publisher": "a publisher never changes",
    "revoke_role": "a binding is an interval: it has an end, and no revision",
    "unassign_policy": "an assignment is an interval",
    "delete_group": "a group has no revision",
    "attach_file": "an attachment is an interval, and never replaces another",
    "remove_attachment": "an attachment is an interval",
    "end_waiver": "a waiver is an interval",
    "add_member": "a membership is an interval",
    "remove_member": "a membership is an interval",
}
"""Changes that take no If-Match, and why."""
OPEN = {
    "get_ci_audience": "who asks for a token has none",
    "mint_ci_token": "the credential is in the body",
    "list_login_offers": "who wants to log in has none",
    "begin_login": "who wants to log in has none",
    "finish_login": "the provider's answer is the credential",
    "log_out_by_provider": "the logout token is the credential",
    "report_leaked_token": "the token in the body is the credential",
    "answer_external_check": "the token in the body is the credential",
    "receive_leak_alert": "the signature over the body is the credential",
    "log_in_locally": "the password is the credential",
    "begin_device_login": "who wants to log in has none",
    "finish_device_login": "the device code is the credential",
    "finish_browser_login": "the code and its verifier are the credential",
}
"""Routes that answer without a credential, and why."""
UNLOGGED = {
    "lint_policy": "nothing is changed",
    "plan_policy": "nothing is changed",
    "open_upload": "bytes on their way are no fact of the registry",
    "send_batch": "bytes on their way",
    "send_part": "bytes on their way",
    "complete_blob": "bytes on their way",
    "cancel_upload": "bytes on their way",
    "get_blobs": "reads many blobs at once",
    "test_webhook": "a test changes nothing",
    "deliver_webhook_event": "an event that is sent again changes nothing",
}
"""What is sent with an unsafe method and makes no entry in the audit log, and why."""


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    @property
    def address(self) -> str:
        """The path with something in the place of each parameter."""
        return re.sub(r"\{(\w+)\}", lambda found: EXAMPLES.get(found[1], "x"), self.path)

    def parameter(self, name: str) -> dict[str, Any] | None:
        return next((found for found in self.described.get("parameters", ()) if found["name"] == name), None)


EXAMPLES = {"selector": "1", "number": "1", "digest": "sha256:" + "0" * 64}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with a_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture(scope="module")
def operations(rest: Rest) -> list[Operation]:
    document = rest.http.get("/openapi.json").json()
    found = [
        Operation(method.upper(), path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
        if path.startswith(PREFIX)
    ]
    assert len(found) > 30
    return found


def test_every_route_is_described_and_goes_through_the_same_guard(operations: list[Operation]) -> None:
    routes = [route for router in routers for route in router.routes]
    assert all(isinstance(route, RegistryRoute) for route in routes)
    assert sorted(getattr(route, "name", "") for route in routes) == sorted(operation.name for operation in operations)


@pytest.mark.parametrize("credential", [None, "Bearer mkp_" + "0" * 36, "Bearer", "Basic YWRtaW46YWRtaW4=", "nonsense"])
def test_every_route_refuses_who_has_no_credential(
    rest: Rest, operations: list[Operation], credential: str | None
) -> None:
    headers = {"Authorization": credential} if credential else {}
    rest.http.headers.pop("Authorization", None)
    for operation in (found for found in operations if found.name not in OPEN):
        body = b"{" if "requestBody" in operation.described else None
        refused = rest.http.request(operation.method, operation.address, headers=headers, content=body)
        problem(refused, 401, "access.unauthenticated")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_route_declares_its_credential_and_its_problems(operations: list[Operation]) -> None:
    for operation in operations:
        assert operation.described["security"] == ([] if operation.name in OPEN else [{"token": []}]), operation
        assert operation.described["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, operation
        assert "422" not in operation.described["responses"], operation


def test_every_route_declares_what_it_answers(operations: list[Operation]) -> None:
    for operation in operations:
        for status, answer in operation.described["responses"].items():
            if not status.startswith("2") or status == "204":
                continue
            content = answer.get("content", {})
            assert content or status == "206", f"{operation.name} answers {status} with nothing that is declared"
            assert all(media != "application/json" or shape.get("schema") for media, shape in content.items()), (
                operation
            )


def test_every_route_says_what_it_does_in_a_sentence(operations: list[Operation]) -> None:
    for operation in operations:
        sentence = operation.described.get("description", "")
        assert sentence[:1].isupper(), operation
        assert sentence.rstrip().endswith((".", "`")), operation


def test_every_post_takes_an_idempotency_key(operations: list[Operation]) -> None:
    lacking = [
        o.name for o in operations if o.method == "POST" and o.name not in OPEN and not o.parameter("Idempotency-Key")
    ]
    assert not lacking


def test_every_change_of_a_record_requires_if_match(operations: list[Operation]) -> None:
    changes = [o for o in operations if o.method in ("PUT", "PATCH", "DELETE") and o.name not in UNREVISED]
    assert len(changes) > 8
    for operation in changes:
        parameter = operation.parameter("If-Match")
        assert parameter, operation.name
        assert parameter["required"], operation.name


CREDENTIALS = {
    "report_leaked_token": "a scanner of secrets reads it, and has no use for one",
    "receive_leak_alert": "a scanner of secrets reads it, as its format says",
    "mint_ci_token": "a program of the CI reads it, and has no use for one",
    "begin_device_login": "a login that has begun is no fact yet",
    "log_in_locally": "a browser keeps the cookie",
    "finish_device_login": "a program waits for its token",
    "finish_browser_login": "a browser is sent on",
    "log_out": "nothing is answered",
    "log_out_by_provider": "nothing is answered",
    "end_session": "nothing is answered",
}
"""Logins and their ends that answer without a receipt, and why; their entries are found by the id of the request."""


def test_every_change_answers_with_its_receipt(rest: Rest, operations: list[Operation]) -> None:
    schemas = rest.http.get("/openapi.json").json()["components"]["schemas"]
    lacking = set()
    for operation in operations:
        if operation.method == "GET":
            continue
        for status, answer in operation.described["responses"].items():
            shape = answer.get("content", {}).get("application/json", {}).get("schema", {}) if status[0] == "2" else {}
            name = shape.get("$ref", "").rpartition("/")[2]
            if status[0] == "2" and "audit" not in schemas.get(name, {}).get("properties", {}):
                lacking.add(operation.name)
    assert lacking == UNLOGGED.keys() | CREDENTIALS.keys()


def test_every_route_declares_what_it_needs_and_nothing_else_is_declared(operations: list[Operation]) -> None:
    names = {operation.name for operation in operations}
    assert names == NEEDS.keys() | OTHERWISE.keys()
    assert not NEEDS.keys() & OTHERWISE.keys()
    for operation in operations:
        shown = operation.described["x-permission"]
        if operation.name in NEEDS:
            permission, on = NEEDS[operation.name]
            assert shown == {"permission": permission.value, "on": on.value}
        else:
            assert shown == {"on": OTHERWISE[operation.name]}
            assert (shown["on"] == "public") is (operation.name in OPEN), operation.name


def test_every_list_is_paged(operations: list[Operation]) -> None:
    for operation in operations:
        answer = operation.described["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if "ListOut" in answer.get("schema", {}).get("$ref", ""):
            assert operation.parameter("page_size"), operation.name
            assert operation.parameter("page_token"), operation.name


def test_the_names_of_operations_are_unique(operations: list[Operation]) -> None:
    names = [operation.name for operation in operations]
    assert len(set(names)) == len(names)
