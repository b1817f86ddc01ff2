from datetime import UTC, datetime

import httpx
import pytest

from modelkeep.client.answers import Answer, read_answer, read_problem
from modelkeep.client.errors import (
    BY_KIND,
    AlreadyExistsError,
    ApiError,
    BlockedError,
    ConflictError,
    NotFoundError,
    UnavailableError,
    UnexpectedAnswerError,
)
from modelkeep.kernel.errors import Kind

REQUEST = httpx.Request("GET", "http://registry/api/v1/models?secret=1")


def a_response(status: int, **problem: object) -> httpx.Response:
    return httpx.Response(status, json=problem, request=REQUEST)


def test_every_kind_of_the_registry_has_an_error_of_the_client() -> None:
    assert set(BY_KIND) == set(Kind)


def test_a_problem_becomes_the_error_of_its_kind_with_code_details_and_request() -> None:
    error = read_problem(
        a_response(
            409,
            kind="blocked",
            code="catalog.deletion_blocked",
            detail="no",
            context={"aliases": ["a"]},
            request_id="r1",
        )
    )
    assert isinstance(error, BlockedError)
    assert (error.code, error.message, error.details) == ("catalog.deletion_blocked", "no", {"aliases": ["a"]})
    assert (error.status, error.request_id, error.kind) == (409, "r1", Kind.BLOCKED)
    assert ApiError.code == "client.unexpected_answer"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, NotFoundError), (412, ConflictError), (503, UnavailableError), (500, UnexpectedAnswerError)],
)
def test_an_answer_without_a_problem_document_is_read_by_its_status(status: int, kind: type[ApiError]) -> None:
    error = read_problem(httpx.Response(status, text="<html>", request=REQUEST))
    assert type(error) is kind
    assert "secret" not in error.message


def test_a_conflict_of_names_is_told_by_its_code_where_no_kind_is_given() -> None:
    assert isinstance(read_problem(a_response(409, code="catalog.model_exists")), AlreadyExistsError)


def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    response = httpx.Response(503, headers={"Retry-After": "7"}, request=REQUEST)
    assert read_problem(response).retry_after == 7.0


def test_an_answer_that_is_no_json_object_is_not_this_registry() -> None:
    for content in (b"<html>", b"[]", b"\xff"):
        with pytest.raises(UnexpectedAnswerError, match="MODELKEEP_URL"):
            read_answer(httpx.Response(200, content=content, request=REQUEST))


def test_members_are_read_by_their_types() -> None:
    answer = Answer({"a": "x", "n": 3, "f": 0.5, "at": "2026-11-16T09:00:00Z", "tags": ["a"], "none": None, "b": True})
    assert (answer.text("a"), answer.integer("n"), answer.number("f"), answer.texts("tags")) == ("x", 3, 0.5, ("a",))
    assert answer.time("at") == datetime(2026, 11, 16, 9, tzinfo=UTC)
    assert (answer.find_text("none"), answer.find("absent"), answer.mapping("none"), answer.flag("b")) == (
        None,
        None,
        {},
        True,
    )


@pytest.mark.parametrize(
    "read", [Answer.text, Answer.integer, Answer.number, Answer.time, Answer.texts, Answer.mapping]
)
def test_a_member_of_another_type_is_an_error_that_names_it(read: object) -> None:
    assert callable(read)
    with pytest.raises(UnexpectedAnswerError, match="'x'"):
        list(read(Answer({"x": True if read is not Answer.number else "1"}), "x"))
