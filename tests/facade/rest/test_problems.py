"""Every refusal is a problem document with a stable code, and says what to do next."""

import os
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.facade.rest.registry import ANY, API, Rest, problem
from tests.people import a_token, somebody

from modelkeep.api.rest.errors import STATUS, install_error_handlers
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind, RegistryError

MODEL = f"{API}/models/fraud/scorer"


def an_error(of: Kind) -> RegistryError:
    class SomethingError(RegistryError):
        """Whatever can be wrong."""

        kind: ClassVar[Kind] = of
        code = "test.something"

    return SomethingError("it went wrong; do this instead", limit=3)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_its_status_and_the_same_document(kind: Kind) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise an_error(kind)

    answer = TestClient(app, raise_server_exceptions=False).get("/")
    assert answer.status_code == STATUS[kind]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() | {"title": ""} == {
        "type": "urn:modelkeep:error:test.something",
        "title": "",
        "status": STATUS[kind],
        "kind": kind.value,
        "code": "test.something",
        "detail": "it went wrong; do this instead",
        "context": {"limit": 3},
        "request_id": "",
    }


@pytest.mark.parametrize(("kind", "header"), [(Kind.LIMIT_EXCEEDED, "Retry-After"), (Kind.UNAVAILABLE, "Retry-After")])
def test_what_may_pass_says_when_to_come_again(kind: Kind, header: str) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise an_error(kind)

    assert int(TestClient(app).get("/").headers[header]) > 0


def test_a_defect_is_told_without_its_words(rest: Rest) -> None:
    def fail() -> None:
        secret = "hunter2"
        raise ZeroDivisionError(secret)

    app: Any = rest.http.app
    app.add_api_route("/defect", fail)
    answer = rest.http.get("/defect")
    problem(answer, 500, "rest.defect")
    assert "hunter2" not in answer.text
    assert "Zero" not in answer.text


def a_name_that_is_none(rest: Rest) -> Any:  # noqa: ANN401 - TestClient's response, here and below
    return rest.http.post(f"{API}/namespaces", json={"name": "Not A Name"})


def an_absent_model(rest: Rest) -> Any:  # noqa: ANN401
    return rest.http.get(f"{API}/models/fraud/nothing")


def a_taken_name(rest: Rest) -> Any:  # noqa: ANN401
    return rest.http.post(f"{API}/models", json={"name": "fraud/scorer"})


def a_stale_revision(rest: Rest) -> Any:  # noqa: ANN401
    return rest.http.patch(MODEL, json={"description": "x"}, headers={"If-Match": '"7"'})


def a_model_with_aliases(rest: Rest) -> Any:  # noqa: ANN401
    rest.push({"a": b"x"})
    rest.http.put(f"{MODEL}/aliases/champion", json={"version": "1"}, headers=ANY)
    return rest.http.delete(MODEL, headers=ANY)


def content_that_is_not_there(rest: Rest) -> Any:  # noqa: ANN401
    upload = rest.open_upload({"a": b"x"})
    body = {"manifest_digest": upload["manifest_digest"], "upload": upload["id"]}
    return rest.http.post(f"{MODEL}/versions", json=body)


def a_stranger(rest: Rest) -> Any:  # noqa: ANN401
    return rest.http.get(f"{API}/whoami", headers={"Authorization": "Bearer mkp_" + "0" * 36})


def a_lost_blob(rest: Rest) -> Any:  # noqa: ANN401
    rest.push({"a": b"x"})
    for blob in (rest.settings.data_dir / "objects" / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    return rest.http.get(f"{MODEL}/versions/1/files/a")


@pytest.mark.parametrize(
    ("cause", "status", "code"),
    [
        (a_name_that_is_none, 422, "kernel.invalid_reference"),
        (an_absent_model, 404, "catalog.model_not_found"),
        (a_taken_name, 409, "catalog.model_exists"),
        (a_stale_revision, 412, "kernel.stale_revision"),
        (a_model_with_aliases, 409, "catalog.deletion_blocked"),
        (content_that_is_not_there, 409, "artifacts.blobs_missing"),
        (a_stranger, 401, "access.unauthenticated"),
        (a_lost_blob, 500, "artifacts.corrupt_blob"),
    ],
)
def test_what_a_caller_can_meet(rest: Rest, cause: Callable[[Rest], Any], status: int, code: str) -> None:
    rest.create_model()
    problem(cause(rest), status, code)


@pytest.mark.parametrize("damage", ["gone", "cut short"])
def test_a_damaged_blob_is_told_before_a_byte_is_sent(rest: Rest, damage: str) -> None:
    rest.create_model()
    digests = [str(Digest.of(data)) for data in (b"whole", b"damaged")]
    rest.push({"a": b"whole", "b": b"damaged"})
    name = digests[1].removeprefix("sha256:")
    blob = rest.settings.data_dir / "objects" / "blobs" / "sha256" / name[:2] / name
    blob.unlink() if damage == "gone" else os.truncate(blob, 3)
    single = rest.http.get(f"{MODEL}/versions/1/files/b")
    batch = rest.http.post(f"{MODEL}/versions/1/blobs", json={"digests": digests})
    for refused in (single, batch):
        assert problem(refused, 500, "artifacts.corrupt_blob")["context"] == {"digest": digests[1]}
    assert rest.http.get(f"{MODEL}/versions/1/files/a").content == b"whole"


def test_blockers_are_listed_for_programs(rest: Rest) -> None:
    rest.create_model()
    blocked = problem(a_model_with_aliases(rest), 409, "catalog.deletion_blocked")
    assert blocked["context"] == {"aliases": ["champion"]}


def test_what_one_may_not_see_is_not_there_and_what_one_may_not_change_is_forbidden(rest: Rest) -> None:
    nobody = {"Authorization": f"Bearer {a_token(rest.services, somebody(rest.services))}"} | ANY
    rest.create_model()
    rest.create_model("fraud/shared", visibility="internal")
    hidden = problem(rest.http.delete(MODEL, headers=nobody), 404, "catalog.model_not_found")
    absent = problem(rest.http.delete(f"{API}/models/fraud/absent", headers=nobody), 404, "catalog.model_not_found")
    assert hidden["detail"].replace("scorer", "absent") == absent["detail"]
    assert rest.http.get(f"{API}/models/fraud/shared", headers=nobody).status_code == 200
    refused = problem(rest.http.delete(f"{API}/models/fraud/shared", headers=nobody), 403, "access.forbidden")
    assert "may not model.delete on fraud/shared; ask an administrator" in refused["detail"]
    assert refused["context"] == {"permission": "model.delete", "scope": "fraud/shared"}


def test_a_refusal_under_an_idempotency_key_is_answered_alike_each_time(rest: Rest) -> None:
    headers = {"Authorization": f"Bearer {a_token(rest.services, somebody(rest.services))}", "Idempotency-Key": "once"}
    for _ in range(2):
        refused = rest.http.post(f"{API}/namespaces", json={"name": "mine"}, headers=headers)
        problem(refused, 403, "access.forbidden")


@pytest.mark.parametrize("path", ["/nothing", f"{API}/nothing", f"{API}/models/a/b/c/d", "/static-offline-docs/../x"])
def test_an_unknown_address_is_a_problem_too(rest: Rest, path: str) -> None:
    assert "/docs" in problem(rest.http.get(path), 404, "rest.not_routed")["detail"]


def test_a_method_that_an_address_does_not_take_is_told_those_it_takes(rest: Rest) -> None:
    refused = rest.http.put(f"{API}/models", json={})
    problem(refused, 405, "rest.not_routed")
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "POST"}
