"""HTTP as a client would not send it: slowly, in pieces, cut off, or malformed."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Connection:
    """One connection; each answer is read to the end of the connection."""

    socket: socket.socket

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def answer(self) -> tuple[int, str, bytes]:
        """Read until the server has nothing more to say; return the status, the head and the body."""
        received = bytearray()
        while data := self.socket.recv(65536):
            received += data
        head, _, body = bytes(received).partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), head.decode("latin-1"), body


@contextmanager
def connected(url: str, *, seconds: float = 20) -> Iterator[Connection]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=seconds) as opened:
        yield Connection(opened)


def request(method: str, target: str, token: str, headers: Iterable[str] = ()) -> bytes:
    """Return the head of a request after which the server closes the connection."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Connection: close", f"Authorization: Bearer {token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
