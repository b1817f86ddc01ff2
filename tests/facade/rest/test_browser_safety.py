"""What a hostile page, a hostile name or a hostile body can do: nothing. Part of test S10, and of test S12.

Hostile texts have a module of their own.
"""

import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from tests.facade.rest.hostile_texts import hostile_texts
from tests.facade.rest.registry import API, Rest
from tests.soak import rounds

TRAVERSALS = [
    step * depth + target
    for step in ("../", "..%2f", "%2e%2e/", "..\\", "%5c..%5c", "....//", ".%2e/", "%252e%252e%252f", "..;/", "/")
    for depth in (1, 3, 6, 9, 12)
    for target in ("secret-key", "etc/passwd")
]


def headers_of(rest: Rest, path: str, **headers: str) -> Any:  # noqa: ANN401 - httpx's headers
    return rest.http.get(path, headers=headers).headers


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/metrics", "/nothing", f"{API}/whoami", f"{API}/models"])
def test_every_answer_forbids_a_browser_to_guess_to_frame_and_to_tell(shared: Rest, path: str) -> None:
    headers = headers_of(shared, path, Accept="text/html", Origin="https://evil.example")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert ("script-src" in policy) == (path == "/docs")
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert "Strict-Transport-Security" not in headers


def test_who_came_by_tls_stays_with_it(shared: Rest) -> None:
    browser = TestClient(shared.http.app, base_url="https://models.example.org")
    assert browser.get("/healthz").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_preflight_of_another_site_gets_no_permission(shared: Rest) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    answer = shared.http.options(f"{API}/models", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_what_people_type_comes_back_as_they_typed_it(rest: Rest) -> None:
    for number, text in enumerate(hostile_texts(10)):
        name = f"fraud/model-{number}"
        created = rest.create_model(name, description=text, task="x", tags={"note": text})
        answer = rest.http.get(f"{API}/models/{name}").json()
        assert answer["description"] == created["description"] == text
        assert answer["tags"] == {"note": text}


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_name_of_a_file_leads_out_of_a_version(traversed: Rest, path: str) -> None:
    secret = traversed.services.authentication.pepper
    answer = traversed.http.get(f"{API}/models/fraud/scorer/versions/1/files/{path}")
    assert answer.status_code in (400, 404, 405, 422), answer.text
    assert secret not in answer.content
    assert b"root:" not in answer.content


@pytest.fixture(scope="module")
def traversed(shared: Rest) -> Rest:
    shared.create_model()
    shared.push({"a.bin": b"a"})
    return shared


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nX-Evil: 1", "a\r\n\r\n<script>", "\x00", "é" * 10])
def test_nothing_of_a_request_becomes_a_header(shared: Rest, value: str) -> None:
    answers = [
        shared.http.get(f"{API}/models/x/{quote(value, safe='')}"),
        shared.http.get("/healthz", headers={b"X-Request-Id": value.encode().replace(b"\r", b"").replace(b"\n", b"")}),
        shared.http.get(f"{API}/resolve", params={"reference": value}),
    ]
    for answer in answers:
        assert "set-cookie" not in answer.headers
        assert "x-evil" not in answer.headers


REPEATED = [
    ("resolve", "reference", text)
    for text in ("a" * 1024, "a/" * 512, "a." * 512 + "!", "a@" + "x" * 1000, "a:^" + "1." * 400, "-" * 1024)
]
REPEATED += [
    (where, "filter", text)
    for where in ("models", "versions", "namespaces")
    for text in (
        "(" * 2000,
        "name ~ '" + "*a" * 2000 + "'",
        "name ~ '" + "*a" * 40 + "*b'",
        "a = 'b' and " * 300,
        "'" * 4000,
        "not " * 1000,
    )
]
REPEATED += [
    (where, name, text * 500)
    for text in ("a/", "MODEL_*", "*a", "9", " ", "-", "1.")
    for where, name in (
        ("models", "order"),
        ("models", "as_of"),
        ("models", "page_token"),
        ("access/explanation?permission=model.read", "scope"),
        ("access/bindings", "subject"),
        ("audit/entries", "type"),
        ("audit/entries", "within"),
        ("audit/entries", "since"),
        ("login/offers", "return_to"),
    )
]


@pytest.fixture(scope="module")
def repetitive(shared: Rest) -> Rest:
    """A registry with names on which a careless pattern goes back and forth."""
    for number in range(20):
        shared.create_model(f"fraud/{'a' * 60}{number}")
    return shared


@pytest.mark.parametrize(("where", "name", "text"), REPEATED)
def test_no_text_keeps_the_server_busy(repetitive: Rest, where: str, name: str, text: str) -> None:
    began = time.perf_counter()
    assert repetitive.http.get(f"{API}/{where}", params={name: text}).status_code < 500
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("text", ["MODEL_" + "*A" * 2000, "*" * 5000, "A" * 50_000])
def test_no_pattern_of_a_subscription_keeps_the_server_busy(repetitive: Rest, text: str) -> None:
    began = time.perf_counter()
    body = {"name": "x", "url": "https://93.184.215.14/", "selection": {"types": [text] * 50}}
    assert 400 <= repetitive.http.post(f"{API}/webhooks", json=body).status_code < 500
    assert time.perf_counter() - began < 10


def deep(levels: int) -> bytes:
    return b'{"name":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    "body",
    [
        deep(100_000),
        json.dumps(
            {"name": "fraud/x", "tags": {f"k{number}": "v" for number in range(rounds(20_000, 100_000))}}
        ).encode(),
        json.dumps({"name": "x" * (rounds(2, 10) * 1024 * 1024)}).encode(),
        b'{"name": "' + b"\\u0000" * 10_000 + b'"}',
    ],
    ids=["deep", "tags", "long", "null"],
)
def test_a_body_that_nobody_means_is_refused_quickly(shared: Rest, body: bytes) -> None:
    began = time.perf_counter()
    answer = shared.http.post(f"{API}/models", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text[:200]
    assert time.perf_counter() - began < 5
    assert len(answer.content) < 20_000
