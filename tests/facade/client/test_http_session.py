"""The client's HTTP session against plain HTTP servers on this machine that answer what each test wants."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from tests.servers.processes import free_port

from modelkeep.client.errors import (
    FileChangedError,
    InvalidSettingError,
    ServerUnreachableError,
    UnavailableError,
    UnexpectedAnswerError,
)
from modelkeep.client.http import Call, HttpSession, if_match, route
from modelkeep.client.retries import Retries

TOKEN = "mkp_secret"


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What is answered; status 0 closes the connection without a word."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


Respond = Callable[[Asked], Answer]


@contextmanager
def a_server(respond: Respond) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            given = {name.lower(): value for name, value in self.headers.items()}
            reply = respond(Asked(self.command, self.path, given, self.rfile.read(length)))
            if reply.status == 0:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the names that http.server wants

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def a_session(url: str, token: str | None = TOKEN) -> Iterator[HttpSession]:
    session = HttpSession(url, token, retries=Retries(sleep=lambda _: None))
    try:
        yield session
    finally:
        session.close()


class Script:
    """Answers one after another, and keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.answers.pop(0)


def read_all(session: HttpSession, call: Call) -> bytes:
    with session.open(call) as response:
        return response.read()


def test_the_token_goes_to_the_registry_and_not_to_where_it_redirects() -> None:
    store = Script(Answer(body=b"bytes"))
    with a_server(store) as store_url:
        script = Script(Answer(307, headers={"Location": f"{store_url}/key?X-Amz-Signature=a%2Fb"}))
        with a_server(script) as url, a_session(url) as session:
            headers = {"Range": "bytes=0-4"}
            assert read_all(session, Call("GET", "/files/a", headers=headers)) == b"bytes"
    assert script.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in store.asked[0].headers
    assert store.asked[0].path == "/key?X-Amz-Signature=a%2Fb"
    assert store.asked[0].headers["range"] == "bytes=0-4"


def test_the_token_does_not_go_to_a_presigned_address() -> None:
    store = Script(Answer())
    with a_server(store) as store_url, a_session("http://127.0.0.1:1") as session:
        read_all(session, Call("PUT", f"{store_url}/part", headers={"Content-Length": "3"}, content=lambda: [b"abc"]))
    assert "authorization" not in store.asked[0].headers
    assert store.asked[0].body == b"abc"


def test_a_post_that_is_tried_again_carries_the_same_key_and_the_next_post_another() -> None:
    script = Script(Answer(0), Answer(503), Answer(), Answer())
    with a_server(script) as url, a_session(url) as session:
        session.answer(Call("POST", "/models", body={"name": "a"}))
        session.answer(Call("POST", "/models", body={"name": "b"}))
    keys = [asked.headers["idempotency-key"] for asked in script.asked]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]
    assert [json.loads(asked.body) for asked in script.asked] == [{"name": "a"}] * 3 + [{"name": "b"}]


def test_a_change_that_is_based_on_a_revision_is_not_sent_twice() -> None:
    script = Script(Answer(), Answer(0), Answer())
    with a_server(script) as url, a_session(url) as session:
        session.get("/whoami")
        with pytest.raises(ServerUnreachableError, match="The connection to"):
            session.send(Call("PUT", "/models/a/b/tags/k", headers=if_match(3), body={"value": "v"}))
    assert [asked.headers.get("if-match") for asked in script.asked] == [None, '"3"']


def test_streamed_content_is_made_anew_for_each_try() -> None:
    script = Script(Answer(502), Answer())
    with a_server(script) as url, a_session(url) as session:
        call = Call("PUT", "/part", headers={"Content-Length": "6"}, content=lambda: iter([b"abc", b"def"]))
        session.attempt(lambda: read_all(session, call), repeatable=True)
    assert [asked.body for asked in script.asked] == [b"abcdef"] * 2
    assert "transfer-encoding" not in script.asked[0].headers


def test_an_error_of_the_content_is_raised_as_it_is() -> None:
    def content() -> Iterator[bytes]:
        yield b"abc"
        raise FileChangedError("it changed")

    with a_server(Script(Answer(), Answer())) as url, a_session(url) as session, pytest.raises(FileChangedError):
        session.send(Call("PUT", "/part", headers={"Content-Length": "6"}, content=content))


def test_a_server_that_stays_out_of_order_says_why() -> None:
    problem = Answer(503, b'{"kind": "unavailable", "code": "objectstore.full", "detail": "The disk is full."}')
    server, refused = a_server(Script(*[problem] * 5)), pytest.raises(UnavailableError, match="The disk is full")
    with server as url, a_session(url) as session, refused as caught:
        session.get("/whoami")
    assert caught.value.code == "objectstore.full"


def test_a_registry_that_has_moved_is_named_and_not_followed() -> None:
    moved = Answer(308, headers={"Location": "https://models.example.org/api/v1/whoami"})
    refused = pytest.raises(UnexpectedAnswerError, match=r"redirects to https://models\.example\.org")
    with a_server(Script(moved)) as url, a_session(url) as session, refused:
        session.get("/whoami")


def test_a_server_that_is_not_there_is_an_error_that_says_what_to_do_at_once() -> None:
    refused = pytest.raises(ServerUnreachableError, match="start it with 'modelkeep serve' or set MODELKEEP_URL")
    with a_session(f"http://127.0.0.1:{free_port()}") as session, refused:
        session.get("/whoami")


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with a_server(Script(Answer(body=b'{"id": "1"}'))) as url, a_session(url) as session:
        assert session.get("/whoami").text("id") == "1"


def test_parameters_that_are_none_are_left_out_and_segments_are_encoded() -> None:
    script = Script(Answer())
    with a_server(script) as url, a_session(url) as session:
        session.get(route("models", "a", "b", "versions", "1.0.0+x/y"), filter="name ~ 'f*'", order=None)
    assert script.asked[0].path.startswith("/api/v1/models/a/b/versions/1.0.0%2Bx%2Fy?filter=name")
    assert "order" not in script.asked[0].path


@pytest.mark.parametrize("token", ["two words", "line\nend", "ümlaut", "tab\t"])
def test_what_cannot_be_a_token_is_refused_before_it_is_sent(token: str) -> None:
    with pytest.raises(InvalidSettingError):
        HttpSession("http://127.0.0.1:1", token)
