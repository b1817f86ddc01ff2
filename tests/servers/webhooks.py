"""A receiver of webhooks: in this process, or `python -m tests.servers.webhooks PORT FILE` in one of its own.

It answers what it is told to, 204 unless told otherwise; on its own it adds a JSON line to FILE for each request.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Received:
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class Receiver:
    """What came in, and what is answered from now on."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    status: int = 204
    answer: bytes = b""
    meanwhile: Callable[[], object] | None = None
    """What happens once, while the next request is being answered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/secret-path"

    @property
    def types(self) -> list[str]:
        return [str(one.event["type"]).split(".")[2].upper() for one in self.received]

    @property
    def numbers(self) -> list[str]:
        return [one.event["id"] for one in self.received]

    def take(self, received: Received) -> tuple[int, bytes]:
        self.received.append(received)
        happening, self.meanwhile = self.meanwhile, None
        if happening is not None:
            happening()
        return self.status, self.answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def server(port: int, take: Callable[[Received], tuple[int, bytes]]) -> _Server:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = take(Received(headers, body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    return _Server(("127.0.0.1", port), Handler)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with server(0, receiver.take) as listening:
        receiver.port = listening.server_port
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield receiver
        listening.shutdown()
        thread.join()


def main(port: int, file: Path) -> None:
    def take(received: Received) -> tuple[int, bytes]:
        line = json.dumps({"headers": dict(received.headers), "body": received.body.decode()})
        with file.open("a") as output:
            output.write(line + "\n")
        return 204, b""

    server(port, take).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
