"""Requests to real servers on this machine, which the policy allows by name."""

import datetime as dt
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from socket import create_server, socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from modelkeep.platform.outbound_http import OutboundFailedError, OutboundHttp, OutboundPolicy, OutboundRefusedError

Serve = Callable[[socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Seen: yes\r\n\r\nok"


@contextmanager
def server(serve: Serve) -> Iterator[int]:
    """Serve connections one after the other, on a port of its own."""
    with create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


def request_of(connection: socket) -> bytes:
    """Read a request with all of its body."""
    received = b""
    while True:
        received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if length is None or len(body) >= int(length[1]):
            return received


def answering(answer: bytes, seen: list[bytes] | None = None) -> Serve:
    def serve(connection: socket) -> None:
        request = request_of(connection)
        if seen is not None:
            seen.append(request)
        connection.sendall(answer)

    return serve


def local(*hosts: str, seconds: float = 5.0) -> OutboundHttp:
    """Speak to this machine under the names that are given."""
    return OutboundHttp(OutboundPolicy(hosts=frozenset(hosts), resolver=lambda *_: ["127.0.0.1"]), seconds)


def test_a_request_reaches_its_host_and_brings_the_answer() -> None:
    seen: list[bytes] = []
    with server(answering(OK, seen)) as port:
        answer = local("hooks.example").request(
            "POST", f"http://hooks.example:{port}/in?x=1", headers={"X-Own": "1"}, content=b"{}"
        )
    assert (answer.status, answer.headers["x-seen"], answer.body, answer.cut) == (200, "yes", b"ok", False)
    head = seen[0].split(b"\r\n")
    assert head[0] == b"POST /in?x=1 HTTP/1.1"
    assert f"Host: hooks.example:{port}".encode() in head
    assert b"X-Own: 1" in head
    assert seen[0].endswith(b"\r\n\r\n{}")


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    seen: list[bytes] = []
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://hooks.example/other\r\nContent-Length: 0\r\n\r\n"
    with server(answering(moved, seen)) as port:
        assert local("hooks.example").request("GET", f"http://hooks.example:{port}/").status == 302
    assert len(seen) == 1


def test_a_name_that_leads_elsewhere_the_second_time_is_refused() -> None:
    """DNS rebinding: the name was public when the address was entered, and is this machine when it is used."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])

    def rebinding(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    http = OutboundHttp(OutboundPolicy(resolver=rebinding))
    http.check("https://rebinding.example/")
    with pytest.raises(OutboundRefusedError, match=r"^rebinding\.example has an address that is not public"):
        http.request("GET", "https://rebinding.example/")


def test_an_answer_is_read_up_to_a_size() -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 1_000_000
    with server(answering(large)) as port:
        answer = local("a.example").request("GET", f"http://a.example:{port}/", max_bytes=1000)
    assert (len(answer.body), answer.cut) == (1000, True)


def _drip(connection: socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    try:
        while True:
            connection.sendall(b"X-More: 1\r\n")
            time.sleep(0.05)
    except OSError:
        return


def _hang(connection: socket) -> None:
    connection.recv(65536)
    connection.settimeout(5)
    connection.recv(1)


@pytest.mark.parametrize("serve", [_drip, _hang], ids=["drip", "hang"])
def test_a_server_that_never_finishes_is_given_up_in_time(serve: Serve) -> None:
    started = time.monotonic()
    with server(serve) as port, pytest.raises(OutboundFailedError, match="did not answer"):
        local("slow.example", seconds=0.4).request("GET", f"http://slow.example:{port}/")
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_what_does_not_speak_http_has_failed(answer: bytes) -> None:
    with server(answering(answer)) as port, pytest.raises(OutboundFailedError):
        local("odd.example").request("GET", f"http://odd.example:{port}/")


def test_a_port_that_is_closed_has_failed() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
        port = taken.getsockname()[1]
        with pytest.raises(OutboundFailedError, match="ConnectError"):
            local("gone.example").request("GET", f"http://gone.example:{port}/")


def test_a_name_that_nobody_has_has_failed() -> None:
    with pytest.raises(OutboundFailedError, match="no address"):
        OutboundHttp(OutboundPolicy()).request("GET", "https://nobody.has.this.invalid/")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate of hooks.example that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return file


@contextmanager
def tls_server(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(connection: socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            request_of(secure)
            secure.sendall(OK)

    with server(serve) as port:
        yield port


def test_tls_is_verified_for_the_name_and_not_for_the_address_that_is_connected_to(certificate: Path) -> None:
    allowed = local("hooks.example", "other.example")
    trusting = replace(allowed, certificates=lambda: ssl.create_default_context(cafile=certificate))
    with tls_server(certificate) as port:
        assert trusting.request("GET", f"https://hooks.example:{port}/").status == 200
        with pytest.raises(OutboundFailedError, match="other"):
            trusting.request("GET", f"https://other.example:{port}/")
        with pytest.raises(OutboundFailedError, match="CERTIFICATE_VERIFY_FAILED"):
            allowed.request("GET", f"https://hooks.example:{port}/")
