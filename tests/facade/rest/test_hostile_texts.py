"""Whatever people type, wherever the API takes a text, stays a text: test S10, the half of cross-site scripting.

The places come from the OpenAPI document, so a new field is tried by itself. Which texts are tried at all of them
depends on where the tests run: a few in CI, 200 with patience.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from starlette.testclient import TestClient
from tests.facade.rest.furnished import WIDE, Furnished
from tests.facade.rest.hostile_texts import hostile_texts, places, with_text
from tests.facade.rest.operations import ENDLESS, EXAMPLES, Operation, filled, operations
from tests.facade.rest.registry import API, Rest, a_registry, an_entry
from tests.people import somebody
from tests.servers.webhooks import receiving
from tests.soak import rounds

TEXTS = hostile_texts(rounds(3, 200))
DATA = {
    "application/json",
    "application/problem+json",
    "application/jsonl",
    "application/zip",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.modelkeep.manifest.v1+json",
    "application/vnd.modelkeep.blobs",
    "application/octet-stream",
    "text/plain",
}
"""The media types of answers; no browser runs what is in them."""
TAKEN = {
    ("begin_device_login", "label"),
    ("create_login_provider", "title"),
    ("create_model", "description"),
    ("create_namespace", "description"),
    ("create_role", "description"),
    ("create_token", "name"),
    ("create_webhook", "name"),
    ("create_webhook", "template"),
    ("describe_version", "description"),
    ("grant_role", "reason"),
    ("log_metrics", "dataset"),
    ("place_legal_hold", "reason"),
    ("register_version", "description"),
    ("register_version", "message"),
    ("set_model_tag", "value"),
    ("set_version_tag", "value"),
    ("update_model", "task"),
}
"""Fields of free text: some hostile texts must get through the door, or the test has shown nothing."""
PAGES = {
    "html": {"lang"},
    "meta": {"charset", "name", "content"},
    "link": {"rel", "href"},
    "title": set(),
    "style": {"nonce"},
    "h1": set(),
    "p": set(),
    "code": set(),
    "a": {"class", "href"},
    "form": {"method", "action"},
    "input": {"type", "name", "value", "autofocus", "autocomplete", "maxlength"},
    "label": set(),
    "button": {"name", "value"},
}
"""What the pages of the server are made of: elements and their attributes."""
HERE = "http://127.0.0.1"
PASSWORD = "a password of twenty-six letters"
_serial = count(1)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    folder = tmp_path_factory.mktemp("registry")
    with receiving() as receiver, a_registry(folder, outbound_allow="127.0.0.1", **WIDE) as rest:
        world = Furnished(rest, receiver.url)
        world.furnish("own")
        yield world


def test_no_text_in_a_body_is_served_as_anything_but_data(furnished: Furnished) -> None:
    schemas = furnished.rest.http.get("/openapi.json").json()["components"]["schemas"]
    taken, tried = set(), 0
    for operation in operations(furnished.rest):
        body = operation.described.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        example = EXAMPLES.get(operation.name)
        for place in sorted(places(body["schema"], schemas, example), key=str):
            for text in TEXTS:
                things = _things(furnished, operation)
                request = operation.request(things)
                request.pop("content", None)
                document = with_text(filled(example, things), place, text)
                answer = furnished.rest.http.request(**request | {"json": document})
                inert(answer, text, operation)
                tried += 1
                if answer.status_code < 300:
                    taken.add((operation.name, place[-1]))
    assert tried > 100 * len(TEXTS)
    assert not TAKEN - taken
    _nothing_runs_in_what_is_read(furnished)


def _nothing_runs_in_what_is_read(furnished: Furnished) -> None:
    """Read everything there is now, as a browser would ask for it."""
    for operation in operations(furnished.rest):
        if operation.method == "GET" and operation.on != "public" and operation.name != ENDLESS:
            request = operation.request(furnished.things["own"])
            answer = furnished.rest.http.request(**request | {"headers": {"Accept": "text/html"}})
            for text in TEXTS:
                inert(answer, text, operation)


def _things(furnished: Furnished, operation: Operation) -> dict[str, str]:
    """Return what a request is about; what it makes has a name of its own."""
    new = f"new-{next(_serial)}"
    things = furnished.things["own"] | {"new": new}
    return things | {"namespace": new} if operation.name == "create_namespace" else things


def test_no_text_in_an_address_or_a_header_is_served_as_anything_but_data(furnished: Furnished) -> None:
    tried = 0
    for operation in operations(furnished.rest):
        texts = [one for one in operation.described.get("parameters", ()) if one["name"] != "Idempotency-Key"]
        for parameter, text in ((parameter, text) for parameter in texts for text in TEXTS):
            if operation.name == ENDLESS and parameter["name"] not in ("after", "type"):
                continue
            inert(_asked_with(furnished, operation, parameter, text), text, operation)
            tried += 1
    assert tried > 200 * len(TEXTS)


def _asked_with(furnished: Furnished, operation: Operation, parameter: Any, text: str) -> Any:  # noqa: ANN401 - JSON
    name, things = parameter["name"], _things(furnished, operation)
    request = operation.request(things | {name: quote(text, safe="")} if parameter["in"] == "path" else things)
    request["headers"] |= {"Accept": "text/html"}
    if parameter["in"] == "query":
        request["params"] = request["params"] | {name: text}
    if parameter["in"] == "header":
        request["headers"] |= {name: text.replace("\r", "").replace("\n", "").encode()}
    return furnished.rest.http.request(**request, follow_redirects=False)


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= PAGES.get(tag, {"none"}), (tag, attrs)
        for name, value in attrs:
            assert name not in ("href", "action") or str(value).startswith(("/", "data:,")), (tag, attrs)
            self.texts.append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def inert(answer: Any, text: str, operation: Operation | None = None) -> None:  # noqa: ANN401 - TestClient's response
    """Check that a browser takes an answer for data; or that it is a page of ours, in which the text is a text."""
    said = (operation and operation.name, str(answer.request.url), answer.status_code, text, answer.text[:500])
    headers, media_type = answer.headers, answer.headers.get("Content-Type", "").partition(";")[0]
    assert answer.status_code < 500, said
    assert headers["X-Content-Type-Options"] == "nosniff", said
    assert headers["X-Frame-Options"] == "DENY", said
    assert "default-src 'none'" in headers["Content-Security-Policy"], said
    assert "script-src" not in headers["Content-Security-Policy"], said
    assert "x-own" not in headers, said
    saved = headers.get("Content-Disposition", "").startswith("attachment;") and headers["Content-Security-Policy"]
    if saved == "sandbox; default-src 'none'":
        return
    assert media_type in DATA | {"text/html", ""}, said
    if media_type == "text/html":
        Page(answer.text)
    place = urljoin("http://here.example", headers.get("Location", "/"))
    assert urlsplit(place).scheme in ("http", "https"), said


@pytest.fixture(scope="module")
def session(furnished: Furnished) -> TestClient:
    """A browser in which the administrator is logged in."""
    furnished.rest.services.passwords.set(PASSWORD)
    browser = TestClient(furnished.rest.http.app, base_url=HERE, follow_redirects=False)
    body = {"name": "admin", "password": PASSWORD}
    assert browser.post(f"{API}/login/local", json=body).status_code == 201
    return browser


@pytest.mark.parametrize("text", TEXTS)
def test_the_pages_of_the_server_show_a_text_as_a_text(furnished: Furnished, session: TestClient, text: str) -> None:
    rest = furnished.rest
    name = f"page-{next(_serial)}"
    body = {"title": text, **furnished.a_provider(name)}
    made = rest.http.post(f"{API}/login-providers", json=body)
    offered = name in rest.http.get(f"{API}/login/offers").text  # it lists a hundred
    login = rest.http.post(f"{API}/login/devices", json={"label": text}).json()
    loopback = {"redirect_uri": "http://127.0.0.1:40000/", "state": text, "code_challenge": "a" * 43, "label": text}
    stranger = TestClient(rest.http.app, base_url=HERE, follow_redirects=False, headers={"Accept": "text/html"})
    somewhere = quote(text, safe="")
    shows = [
        (stranger.get("/login", params={"return_to": text}), offered),
        (session.get("/login/device", params={"user_code": login.get("user_code", "")}), "user_code" in login),
        (session.get("/login/terminal", params=loopback), False),
        (_as_somebody_called(rest, text).get("/login"), True),
    ]
    if made.status_code == 201:
        assert rest.http.delete(f"{API}/login-providers/{name}", headers={"If-Match": "*"}).status_code == 200
    hides = [
        session.get("/login/device", params={"user_code": text}),
        session.post("/login/device", data={"user_code": text, "csrf_token": text}, headers={"Origin": HERE}),
        session.get("/login/terminal", params=loopback | {"redirect_uri": text}),
        stranger.get(f"{API}/login/oidc/{somewhere}", params={"return_to": text}),
        stranger.get(f"{API}/login/oidc/{somewhere}/callback", params={"error": text, "state": text, "iss": text}),
        stranger.get(f"/login/{somewhere}"),
        stranger.get(f"/{somewhere}"),
    ]
    for answer, shown in [*shows, *((answer, False) for answer in hides)]:
        inert(answer, text)
        if shown:
            assert answer.headers["Content-Type"].startswith("text/html")
            assert any(_same(text) in _same(found) for found in Page(answer.text).texts), answer.text


def _same(text: str) -> str:
    """Return a text without what HTML says of ends of lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_somebody_called(rest: Rest, name: str) -> TestClient:
    """Return the browser of a principal whose name a login provider has made up."""
    actor, services = somebody(rest.services, name=f"{name} {next(_serial)}"), rest.services
    with services.access.database.transaction() as tx:
        opened = services.sessions.open(tx, actor, issuer="", external_id="")
    browser = TestClient(rest.http.app, base_url=HERE, follow_redirects=False)
    browser.cookies.set("modelkeep", opened.secret)
    return browser


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_is_saved_and_never_shown_whatever_is_in_it_and_however_it_is_called(
    furnished: Furnished, text: str
) -> None:
    http, path = furnished.rest.http, f"{text.replace('/', '')}.html"
    entry = an_entry(path, text.encode(), "text/html")
    opened = http.post(f"{API}/models/own/scorer/uploads", json={"files": [entry]})
    inert(opened, text)
    usable = opened.status_code == 201 and "%" not in path  # which the test client would decode twice
    name = path if usable else f"page-{next(_serial)}.html"
    version = furnished.rest.push({name: text.encode()}, "own/scorer")["version"]
    answer = http.get(f"{API}/models/own/scorer/versions/{version}/files/{quote(name, safe='')}")
    assert answer.content == text.encode()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
