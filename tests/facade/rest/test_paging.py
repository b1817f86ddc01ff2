"""Lists over REST: pages that follow each other, and tokens that nobody can make up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from tests.facade.rest.registry import ANY, API, Rest, problem

MODEL = f"{API}/models/fraud/scorer"
LISTS = {
    "namespaces": f"{API}/namespaces",
    "models": f"{API}/models",
    "versions": f"{API}/versions",
    "versions of a model": f"{MODEL}/versions",
    "aliases": f"{MODEL}/aliases",
    "history of an alias": f"{MODEL}/aliases/champion/history",
    "stages": f"{MODEL}/stages",
}


@pytest.fixture(scope="module")
def filled(shared: Rest) -> Rest:
    """A registry in which every list has three items or more."""
    shared.create_model()
    for number in (1, 2, 3):
        shared.create_model(f"fraud/other-{number}")
        shared.http.post(f"{API}/namespaces", json={"name": f"team-{number}"})
        shared.push({"a": str(number).encode()}, metrics=[{"name": "auc", "value": number / 10}])
        shared.http.put(f"{MODEL}/aliases/champion", json={"version": str(number)}, headers=ANY)
        shared.http.put(f"{MODEL}/aliases/alias-{number}", json={"version": "1"}, headers=ANY)
    return shared


def pages(rest: Rest, path: str, **params: Any) -> list[list[Any]]:  # noqa: ANN401 - query parameters
    found, token = [], None
    while True:
        page = rest.http.get(path, params={**params, **({"page_token": token} if token else {})})
        assert page.status_code == 200, page.text
        found.append(page.json()["items"])
        token = page.json()["next_page_token"]
        if token is None:
            return found
        assert len(found) < 50


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_one_add_up_to_the_whole_list(filled: Rest, name: str) -> None:
    (whole,) = pages(filled, LISTS[name])
    assert len(whole) >= 3
    single = pages(filled, LISTS[name], page_size=1)
    assert [item for page in single for item in page] == whole
    assert {len(page) for page in single} == {1}


@pytest.mark.parametrize(
    "order", ["created", "created desc", "changed", "number desc", "version", "size", "metric.auc", "metric.auc desc"]
)
def test_every_order_of_versions_can_be_paged(filled: Rest, order: str) -> None:
    (whole,) = pages(filled, LISTS["versions"], order=order)
    assert [item for page in pages(filled, LISTS["versions"], order=order, page_size=1) for item in page] == whole


@pytest.mark.parametrize("name", LISTS)
def test_a_forged_token_is_refused(filled: Rest, name: str) -> None:
    token = filled.http.get(LISTS[name], params={"page_size": 1}).json()["next_page_token"]
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = urlsafe_b64encode(raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]).rstrip(b"=").decode()
    forged = [
        token[:-1],
        token + "A",
        token + "=",
        flipped,
        "x",
        "\0",
        "ü",
        "A" * 60_000,
        "[]",
        '{"v":1}',
        "%00",
        "None",
    ]
    for text in forged:
        refused = filled.http.get(LISTS[name], params={"page_token": text})
        problem(refused, 422, "kernel.invalid_page_token")


def test_a_token_belongs_to_its_list_its_filter_and_its_order(filled: Rest) -> None:
    tokens = {
        name: filled.http.get(path, params={"page_size": 1}).json()["next_page_token"] for name, path in LISTS.items()
    }
    for name, path in LISTS.items():
        for other, token in tokens.items():
            if other != name:
                problem(filled.http.get(path, params={"page_token": token}), 422, "kernel.invalid_page_token")
    for changed in ({"order": "created"}, {"filter": "number > 0"}, {"deleted": True}):
        refused = filled.http.get(LISTS["versions"], params={"page_token": tokens["versions"], **changed})
        problem(refused, 422, "kernel.invalid_page_token")


@pytest.mark.parametrize("size", ["0", "-1", "1001", "99999999999999999999", "ten", "1.5", "", "\u0661"])
def test_a_page_of_a_size_that_is_none_is_refused(filled: Rest, size: str) -> None:
    refused = filled.http.get(LISTS["models"], params={"page_size": size})
    assert refused.status_code == 422
    assert refused.json()["code"] in ("rest.invalid_request", "kernel.invalid_page_size")


def test_a_filter_is_refused_with_the_place_of_its_fault(filled: Rest) -> None:
    refused = filled.http.get(LISTS["versions"], params={"filter": "metric.auc >> 0.9"})
    fault = problem(refused, 422, "kernel.filter_syntax")
    assert fault["context"]["position"] == 11
    assert "^" in fault["detail"]


@pytest.mark.parametrize(
    "text",
    [
        "name = 'x'; drop table catalog_model",
        "name = '\\'",
        "name ~ '%_*[a-z]'",
        "tag.'; --' = 'x' or 1=1",
        "(" * 5000,
        "not " * 2000 + "name = 'x'",
        "name in (" + ",".join(["'x'"] * 2000) + ")",
        "metric.auc > 1e400",
        "size > 99999999999999999999999999",
        "number = 9223372036854775808",
        "created > '0000-01-01'",
        "created > '9999-12-31T23:59:59+00:01'",
        "name = '\U0001f600'",
        "name = '\0'",
        "version ~ '>=1 <'",
        "version > " + "9" * 300,
        "metric.auc = NaN",
        "x" * 30_000,
    ],
)
@pytest.mark.parametrize("name", ["models", "versions"])
def test_a_hostile_filter_is_an_answer_or_a_refusal_and_never_a_defect(filled: Rest, name: str, text: str) -> None:
    answer = filled.http.get(LISTS[name], params={"filter": text})
    assert answer.status_code in (200, 422), answer.text
    order = filled.http.get(LISTS[name], params={"order": text})
    assert order.status_code == 422, order.text
