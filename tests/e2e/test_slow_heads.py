"""Connections that never get to the end of a request's head, while others are served: part of test S12."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from tests.e2e.raw_http import connected
from tests.e2e.registry_server import RegistryServer

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
SECONDS = 2
EACH = 35


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    """A server that gives the head of a request two seconds."""
    server = RegistryServer(tmp_path_factory.mktemp("impatient"), {"MODELKEEP_HEAD_SECONDS": str(SECONDS)})
    server.start()
    yield server
    server.stop()


def serves(server: RegistryServer) -> float:
    """Make one proper request; return how long it took."""
    began = time.monotonic()
    with connected(server.url) as connection:
        connection.send(HEALTH, b"Connection: close\r\n\r\n")
        assert connection.answer()[0] == 200
    return time.monotonic() - began


def has_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(65536) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def trickle(connection: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # it may have ended: the test finds that out by reading
        connection.sendall(data)


def test_a_hundred_slow_heads_are_ended_while_others_are_served(impatient: RegistryServer) -> None:
    with ExitStack() as stack:

        def several() -> list[socket.socket]:
            opened = [socket.create_connection(("127.0.0.1", impatient.port), timeout=5) for _ in range(EACH)]
            return [stack.enter_context(connection) for connection in opened]

        silent, stopped, slow = several(), several(), several()
        for connection in stopped:
            connection.sendall(HEALTH + b"X-Half: ")
        waiting = [*silent, *stopped, *slow]
        for connection in waiting:
            connection.settimeout(0)
        began, slowest, sent = time.monotonic(), 0.0, 0
        while waiting and time.monotonic() - began < 4 * SECONDS:
            slowest = max(slowest, serves(impatient))
            for connection in slow:
                trickle(connection, HEALTH[sent : sent + 1] or b"x")
            sent += 1
            waiting = [connection for connection in waiting if not has_ended(connection)]
            time.sleep(0.1)
        assert not waiting, f"{len(waiting)} connections are still open"
        assert time.monotonic() - began > SECONDS / 2, "they were ended for being slow"
    assert slowest < 1


def test_the_head_of_a_further_request_has_to_be_there_in_time_as_well(impatient: RegistryServer) -> None:
    with connected(impatient.url, seconds=3 * SECONDS) as connection:
        connection.send(HEALTH + b"\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.socket.recv(65536)
        connection.send(b"\r\n")
        began = time.monotonic()
        assert connection.socket.recv(65536) == b""
        assert time.monotonic() - began > SECONDS / 2


def test_a_slow_body_is_not_a_slow_head(impatient: RegistryServer) -> None:
    head = b"POST /api/v1/tokens/report-leak HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    body = b'{"token": "nonsense"}'
    with connected(impatient.url) as connection:
        connection.send(head, b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        time.sleep(SECONDS + 0.5)
        connection.send(body)
        status, _, answer = connection.answer()
    assert (status, answer) == (200, b'{"revoked":false}')
