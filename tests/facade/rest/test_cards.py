"""Model cards over REST."""

from typing import Any

import pytest
from tests.cards import PDF, PNG, a_card, a_whole_card
from tests.facade.rest.registry import ANY, API, Rest, problem

VERSION = f"{API}/models/fraud/scorer/versions/1.0.0"
CARD = f"{VERSION}/card"
NEW = {"If-Match": '"0"'}


@pytest.fixture
def http(rest: Rest) -> Any:  # noqa: ANN401 - TestClient
    rest.create_model(description="Scores payments")
    rest.push({"a": b"1"}, metrics=[{"name": "auc", "value": 0.9}])
    return rest.http


def put(http: Any, card: dict[str, Any], headers: dict[str, str] = ANY) -> Any:  # noqa: ANN401 - TestClient's
    return http.put(CARD, json={"document": card}, headers=headers)


def test_a_card_is_written_and_read(http: Any) -> None:  # noqa: ANN401 - TestClient
    problem(http.get(CARD), 404, "cards.card_not_found")
    made = put(http, a_whole_card(), NEW)
    assert made.status_code == 200, made.text
    assert (made.headers["ETag"], made.json()["revision"]) == ('"1"', 1)
    assert made.json()["audit"]["seq"] > 0
    read = http.get(CARD)
    assert read.json() == made.json()
    assert read.json()["document"] == a_whole_card()
    assert read.json()["set_by"]["name"] == "admin"


def test_a_change_names_the_revision_it_is_based_on(http: Any) -> None:  # noqa: ANN401 - TestClient
    problem(put(http, a_card(), {}), 428, "rest.if_match_missing")
    put(http, a_card(), NEW)
    problem(put(http, a_card(limitations=["x"]), NEW), 412, "kernel.stale_revision")
    patched = http.patch(CARD, json={"patch": {"limitations": ["x"]}}, headers={"If-Match": '"1"'})
    assert patched.json()["document"] == a_card(limitations=["x"])
    again = http.patch(CARD, json={"patch": {"limitations": ["x"]}}, headers=ANY)
    assert (again.json()["audit"], again.json()["revision"]) == (None, 2)


def test_a_problem_lists_where_the_card_is_wrong(http: Any) -> None:  # noqa: ANN401 - TestClient
    refused = problem(put(http, a_card(risk={"rating": "huge"})), 422, "cards.invalid_card")
    assert refused["context"] == {
        "count": 1,
        "problems": [
            {
                "path": "$.risk.rating",
                "pointer": "/risk/rating",
                "problem": "write one of unknown, low, medium, high, critical",
            },
        ],
    }


def test_history_diff_and_score(http: Any) -> None:  # noqa: ANN401 - TestClient
    put(http, a_card(), NEW)
    put(http, a_card(limitations=["x"]))
    history = http.get(f"{CARD}/history").json()
    assert [item["revision"] for item in history["items"]] == [2, 1]
    changed = http.get(f"{CARD}/diff").json()
    assert (changed["before"]["revision"], changed["after"]["revision"]) == (1, 2)
    assert changed["changes"] == [
        {
            "path": "$.limitations",
            "steps": ["limitations"],
            "operation": "added",
            "before": None,
            "after": ["x"],
        }
    ]
    assert http.get(f"{CARD}/diff", params={"before": 0, "after": 1}).json()["before"] is None
    scores = http.get(f"{CARD}/score", params={"framework": "nist-ai-rmf"}).json()["scores"]
    assert scores[0]["clauses"][1] == {
        "id": "MAP 1.1",
        "asks": "Purpose, setting, expected users and the uses it is not meant for are written down.",
        "weight": 3,
        "percent": 0,
        "missing": ["uses.purpose", "uses.intended", "uses.out_of_scope", "uses.users"],
    }
    problem(http.get(f"{CARD}/score", params={"framework": "x"}), 404, "cards.framework_not_found")


def test_the_card_of_another_version_is_compared(http: Any, rest: Rest) -> None:  # noqa: ANN401 - TestClient
    rest.push({"a": b"2"})
    put(http, a_card())
    http.put(f"{API}/models/fraud/scorer/versions/1.0.1/card", json={"document": a_card(tradeoffs=["y"])}, headers=ANY)
    changed = http.get(f"{CARD}/diff", params={"against": "fraud/scorer:1.0.1"}).json()
    assert [(item["operation"], item["path"]) for item in changed["changes"]] == [("removed", "$.tradeoffs")]


def test_a_draft_is_shown_and_not_saved(http: Any) -> None:  # noqa: ANN401 - TestClient
    draft = http.get(f"{CARD}/draft")
    assert draft.json()["document"]["evaluations"] == [{"name": "metrics", "metrics": [{"name": "auc", "value": 0.9}]}]
    assert draft.headers["ETag"] == '"0"'
    problem(http.get(CARD), 404, "cards.card_not_found")


def test_the_schema_and_the_frameworks_are_served(http: Any) -> None:  # noqa: ANN401 - TestClient
    assert http.get(f"{API}/cards/schema").json()["title"] == "Model card"
    frameworks = http.get(f"{API}/cards/frameworks").json()["frameworks"]
    assert {item["id"] for item in frameworks} == {"eu-ai-act-annex-iv", "iso-42001", "nist-ai-rmf", "sr-26-2"}


def test_files_are_attached_and_come_back_harmless(http: Any) -> None:  # noqa: ANN401 - TestClient
    place = f"{CARD}/attachments/report.pdf"
    made = http.put(place, content=PDF, headers={"Content-Type": "application/pdf"})
    assert made.status_code == 200, made.text
    assert made.json()["audit"]["seq"] > 0
    picture = http.put(
        f"{CARD}/attachments/Verl\u00e4uf.png",
        content=PNG,
        headers={"Content-Type": "image/png"},
        params={"alt": "\u00dcber die Zeit"},
    )
    assert picture.json()["alt"] == "\u00dcber die Zeit"
    sent = http.get(place)
    assert (sent.content, sent.headers["Content-Type"]) == (PDF, "application/pdf")
    assert sent.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Content-Disposition"].startswith("attachment;")
    assert [item["name"] for item in http.get(f"{CARD}/attachments").json()["items"]] == [
        "Verl\u00e4uf.png",
        "report.pdf",
    ]
    removed = http.delete(place)
    assert removed.json()["until"] is not None
    problem(http.get(place), 404, "cards.attachment_not_found")
    assert http.get(place, params={"as_of": removed.json()["since"]}).content == PDF


def test_programs_and_what_is_too_large_are_not_attached(http: Any) -> None:  # noqa: ANN401 - TestClient
    place = f"{CARD}/attachments/x"
    for kind, data in (("image/svg+xml", b"<svg/>"), ("text/html", b"<p>"), ("image/png", b"<svg/>"), ("", b"x")):
        refused = http.put(place, content=data, headers={"Content-Type": kind}, params={"alt": "x"})
        problem(refused, 422, "cards.invalid_attachment")
    huge = http.put(place, content=PDF + bytes(21 * 2**20), headers={"Content-Type": "application/pdf"})
    problem(huge, 413, "rest.body_too_large")


def test_a_card_goes_out_in_other_formats_and_comes_back(http: Any) -> None:  # noqa: ANN401 - TestClient
    put(http, a_whole_card())
    for form in ("json", "yaml", "huggingface"):
        written = http.get(f"{CARD}/export", params={"format": form}).json()
        assert written["losses"] == []
        put(http, a_card())
        body = {"format": form, "content": written["content"]}
        read = http.put(f"{CARD}/import", json=body, headers=ANY)
        assert read.status_code == 200, read.text
        assert (read.json()["document"], read.json()["notes"]) == (a_whole_card(), [])
        assert read.json()["audit"]["seq"] > 0
    sagemaker = http.get(f"{CARD}/export", params={"format": "sagemaker"}).json()
    assert {"path": "$.risk.rating", "reason": "SageMaker has no 'critical'; it is written as 'High'"} in sagemaker[
        "losses"
    ]
    bom = http.get(f"{CARD}/export", params={"format": "cyclonedx"}).json()
    assert '"name": "a"' in bom["content"]
    refused = http.put(f"{CARD}/import", json={"format": "cyclonedx", "content": "{}"}, headers=ANY)
    problem(refused, 422, "kernel.invalid_value")
    broken = http.put(f"{CARD}/import", json={"format": "yaml", "content": "a: [\n"}, headers=ANY)
    assert problem(broken, 422, "platform.invalid_yaml")["context"]["line"] == 2


def test_a_card_is_shown_as_a_page_that_runs_nothing(http: Any) -> None:  # noqa: ANN401 - TestClient
    http.put(f"{CARD}/attachments/a b.png", content=PNG, headers={"Content-Type": "image/png"}, params={"alt": "x"})
    digest = http.get(f"{CARD}/attachments").json()["items"][0]["digest"]
    plot = {"kind": "image", "title": "Plot", "digest": digest, "alt": "x"}
    put(http, a_card(limitations=["<script>alert(1)</script>"], evaluations=[{"name": "e", "plots": [plot]}]))
    page = http.get(f"{CARD}/html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; img-src 'self';")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in page.text
    assert '<img src="attachments/a%20b.png" alt="x">' in page.text


def test_a_namespace_asks_for_what_is_below_extra(http: Any) -> None:  # noqa: ANN401 - TestClient
    schema = f"{API}/namespaces/fraud/card-schema"
    problem(http.get(schema), 404, "cards.extra_schema_not_found")
    put(http, a_card(), NEW)
    asked = {"document": {"properties": {"costs": {"items": {"type": "integer"}}}, "required": ["costs"]}}
    problem(http.put(schema, json=asked), 428, "rest.if_match_missing")
    made = http.put(schema, json=asked, headers=NEW)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"'), made.text
    assert http.get(schema).json() == made.json()
    missing = {"path": "$.extra", "pointer": "/extra", "problem": "the field 'costs' is missing; add it"}
    assert http.get(CARD).json()["misfits"] == [missing]
    assert http.get(f"{CARD}/score").json()["misfits"] == [missing]
    refused = problem(put(http, a_card(extra={"costs": [1, "x"]})), 422, "cards.invalid_card")
    assert refused["context"]["problems"][0]["pointer"] == "/extra/costs/1"
    assert put(http, a_card(extra={"costs": [1]})).json()["misfits"] == []
    problem(http.put(schema, json={"document": {"type": 1}}, headers=ANY), 422, "cards.invalid_extra_schema")
    removed = http.delete(schema, headers={"If-Match": '"1"'}).json()
    assert (removed["revision"], removed["document"], removed["digest"]) == (2, None, None)
