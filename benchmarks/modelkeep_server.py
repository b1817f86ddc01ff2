"""A registry of our own to measure: started as a user starts it, on a data folder of its own."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import Server, free_port
from benchmarks.workspace import command


@dataclass(frozen=True)
class Home:
    """The folders of a registry and of its clients."""

    root: Path
    database_url: str = ""

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.root / "data"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that keep credentials and caches inside of the scratch folder."""
        return {"XDG_CONFIG_HOME": str(self.root / "config"), "XDG_CACHE_HOME": str(self.root / "cache")}

    def start(self, *, workers: int = 1) -> Server:
        """Start the server; it is not ready yet."""
        self.root.mkdir(parents=True, exist_ok=True)
        port = free_port()
        serve = [command("modelkeep"), "serve", "--port", str(port), "--data-dir", str(self.data)]
        database = ["--database-url", self.database_url] if self.database_url else []
        return Server.start(
            [*serve, "--workers", str(workers), *database],
            port,
            log=self.root / "server.log",
            environment=self.environment,
        )

    def token(self) -> str:
        """Return the administrator's token that the server's first start has stored."""
        stored = json.loads((self.root / "config/modelkeep/credentials.json").read_text(encoding="utf-8"))
        token: str = next(iter(stored["registries"].values()))["token"]
        return token


@dataclass(frozen=True)
class Api:
    """Plain calls of the REST API."""

    port: int
    token: str

    def call(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request and return its JSON.

        Raises:
            RuntimeError: the answer is an error.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        payload = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, f"/api/v1{path}", payload, sent)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {text[:500]!r}")
        return json.loads(text) if text else None
