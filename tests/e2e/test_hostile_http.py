"""What no client of ours would send, to a real server on a real socket: part of test S10."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.e2e.raw_http import connected, request
from tests.e2e.registry_server import RegistryServer

FILES = "/api/v1/models/default/target/versions/1/files"


@pytest.fixture(scope="module")
def token(registry_server: RegistryServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The administrator's, on a server that has a model `target`."""
    folder = tmp_path_factory.mktemp("target")
    (folder / "100%25.bin").write_bytes(b"x")
    with registry_server.connect(folder / "cache") as registry:
        registry.push(folder / "100%25.bin", "target")
        yield registry.settings.token or ""


def ask(server: RegistryServer, head: bytes, body: bytes = b"") -> tuple[int, str, bytes]:
    with connected(server.url) as connection:
        connection.send(head, body)
        return connection.answer()


def alive(server: RegistryServer) -> bool:
    return ask(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "../../../../../../../../../../etc/passwd",
        "../../../../../../secret-key",
        "..%2f..%2f..%2f..%2fsecret-key",
        "%2e%2e/%2e%2e/%2e%2e/secret-key",
        "%252e%252e%252fsecret-key",
        "%25252e%25252e%25252fsecret-key",
        "..\\..\\secret-key",
        "%5c..%5csecret-key",
        "//etc/passwd",
        "%00",
        "100%25.bin%00",
        "%c0%ae%c0%ae%c0%afsecret-key",
        "x" * 20_000,
        ";/../secret-key",
        "?/../secret-key",
        "#/../secret-key",
    ],
)
def test_no_path_leads_out_of_a_version(registry_server: RegistryServer, token: str, path: str) -> None:
    secret = (registry_server.folder / "data" / "secret-key").read_bytes()
    status, head, body = ask(registry_server, request("GET", f"{FILES}/{path}", token))
    assert status in (400, 404, 422), head
    assert b"root:" not in body
    assert secret not in body
    assert str(registry_server.folder).encode() not in body


def test_a_name_with_percent_signs_is_decoded_once(registry_server: RegistryServer, token: str) -> None:
    status, head, body = ask(registry_server, request("GET", f"{FILES}/100%2525.bin", token))
    assert (status, body) == (200, b"x")
    assert "filename*=UTF-8''100%2525.bin" in head


@pytest.mark.parametrize(
    "header", ["X-Request-Id: a\rb", "X-Request-Id: \u0001", "X-Request-Id: a%0d%0aSet-Cookie: b=c"]
)
def test_nothing_of_a_request_becomes_a_header_of_the_answer(
    registry_server: RegistryServer, token: str, header: str
) -> None:
    for target in ("/healthz", "/api/v1/models/a%0d%0aSet-Cookie:%20b=c/x", "/api/v1/nothing%0d%0aX-Evil:%201"):
        _, head, _ = ask(registry_server, request("GET", target, token, [header]))
        assert "set-cookie" not in head.lower().split("\r\n\r\n")[0].replace("set-cookie: b=c\r", "")
        assert "x-evil" not in head.lower()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"NOT HTTP AT ALL\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /api/v1/models HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0" * 70_000,
        b"GET /healthz HTTP/1.1\nHost: x\n : y\n\n",
    ],
    ids=range(10),
)
def test_what_is_not_http_is_refused_and_harms_nobody(registry_server: RegistryServer, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", registry_server.port), timeout=10) as connection:
        answer = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                answer += data
        except ConnectionError:
            pass
    assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert alive(registry_server)


def test_a_body_that_is_longer_than_announced_does_not_become_the_next_request(
    registry_server: RegistryServer, token: str
) -> None:
    body = b'{"name":"one"}'
    head = request("POST", "/api/v1/models", token, ["Content-Type: application/json", f"Content-Length: {len(body)}"])
    smuggled = request("POST", "/api/v1/models", token, ["Content-Type: application/json", "Content-Length: 14"])
    status, _, answer = ask(registry_server, head, body + smuggled + b'{"name":"two"}')
    assert status == 201, answer
    assert ask(registry_server, request("GET", "/api/v1/models/default/two", token))[0] == 404


def test_a_huge_body_is_refused_while_it_comes(registry_server: RegistryServer, token: str) -> None:
    headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
    with connected(registry_server.url) as connection:
        connection.send(request("POST", "/api/v1/models", token, headers))
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        with suppress(ConnectionError):  # who does not read while it sends may miss the answer
            for _ in range(70):
                connection.send(chunk)
            assert connection.answer()[0] == 413
    assert "POST /api/v1/models 413" in registry_server.log.read_text()
    assert alive(registry_server)


def test_no_token_reaches_the_log(registry_server: RegistryServer, token: str) -> None:
    for target in (f"/api/v1/models?page_token={token}", "/api/v1/whoami", f"/nothing/{token[:8]}"):
        ask(registry_server, request("GET", target, token))
    ask(registry_server, request("GET", "/api/v1/whoami", token + "x"))
    log = registry_server.log.read_text()
    printed = f"--token {token}"
    assert token not in log.replace(printed, ""), "the greeting shows it once, nothing else does"
    assert os.environ.get("HOME", "/nowhere") + "/.ssh" not in log
