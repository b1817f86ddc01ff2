"""A gate before a server: closed, the server is lost to whoever goes through it; open, it is there again as it was."""

import selectors
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Gate:
    """Forwards TCP connections from a port of its own to a server, until it is closed."""

    def __init__(self, target: str) -> None:
        """Stand before the server at an address such as `http://127.0.0.1:9000`; open, once entered."""
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._connections: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=100)
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Refuse whoever comes, and drop whoever is inside."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._forward, args=(connection,), daemon=True).start()

    def _forward(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(self._target) as far:
            self._connections |= {near, far}
            try:
                with selectors.DefaultSelector() as selector:
                    selector.register(near, selectors.EVENT_READ, far)
                    selector.register(far, selectors.EVENT_READ, near)
                    while True:
                        for key, _ in selector.select():
                            source, target = key.fileobj, key.data
                            assert isinstance(source, socket.socket)
                            data = source.recv(65536)
                            if not data:
                                return
                            target.sendall(data)
            finally:
                self._connections -= {near, far}
