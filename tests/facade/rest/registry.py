"""A registry behind its REST API, in this process: real services over a real database and a local store."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starlette.datastructures import State
from starlette.testclient import TestClient

from modelkeep.app.bootstrap import Services, build, prepare
from modelkeep.app.server import create_app
from modelkeep.app.settings import Settings
from modelkeep.kernel.blob_frames import MEDIA_TYPE, frame_header
from modelkeep.kernel.digests import Digest

API = "/api/v1"
JSON = {"Content-Type": "application/json"}
ANY = {"If-Match": "*"}


@dataclass(frozen=True)
class Rest:
    """The API as an administrator calls it, and what is behind it."""

    http: TestClient
    settings: Settings
    services: Services
    token: str

    def create_model(self, name: str = "fraud/scorer", **fields: Any) -> Any:  # noqa: ANN401 - JSON
        if name.startswith("fraud/"):
            self.http.post(f"{API}/namespaces", json={"name": "fraud"})
        created = self.http.post(f"{API}/models", json={"name": name, **fields})
        assert created.status_code == 201, created.text
        return created.json()

    def push(self, files: Mapping[str, bytes], model: str = "fraud/scorer", **record: Any) -> Any:  # noqa: ANN401 - JSON
        """Register a version with these files, whose media types their names give away."""
        upload = self.open_upload(files, model)
        blobs = {Digest.of(data): data for data in files.values()}
        body = b"".join(frame_header(digest, len(data)) + data for digest, data in blobs.items())
        sent = self.http.post(f"{API}/uploads/{upload['id']}/blobs", content=body, headers={"Content-Type": MEDIA_TYPE})
        assert sent.status_code == 200, sent.text
        content = {"manifest_digest": upload["manifest_digest"], "upload": upload["id"]}
        registered = self.http.post(f"{API}/models/{model}/versions", json=content | record)
        assert registered.status_code in (200, 201), registered.text
        return registered.json()

    def open_upload(self, files: Mapping[str, bytes], model: str = "fraud/scorer") -> Any:  # noqa: ANN401 - JSON
        entries = [an_entry(path, data) for path, data in files.items()]
        opened = self.http.post(f"{API}/models/{model}/uploads", json={"files": entries})
        assert opened.status_code == 201, opened.text
        return opened.json()


def an_entry(path: str, data: bytes, media_type: str = "") -> dict[str, Any]:
    """A line of a manifest, as an upload is opened with."""
    guessed = "text/html" if path.endswith(".html") else "application/octet-stream"
    return {
        "path": path,
        "size": len(data),
        "digest": str(Digest.of(data)),
        "media_type": media_type or guessed,
        "mode": 0o644,
    }


@contextmanager
def a_registry(folder: Path, *, database_url: str = "", **settings: Any) -> Iterator[Rest]:  # noqa: ANN401 - settings
    """Start a registry in an empty folder, and stop it.

    On SQLite it has had its first start before: the folder is a copy of what that left behind.
    """
    read = Settings.read({}, data_dir=folder, database_url=database_url, **settings)
    if not database_url:
        started, token = _first_start()
        shutil.copytree(started, folder, dirs_exist_ok=True)
    services = build(read)
    if database_url:
        token = _prepared(read, services)
    app = create_app(read, services)
    with TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False) as http:
        yield Rest(http, read, services, token)
    app.router.routes.clear()  # caches of FastAPI keep an application for long, and all that hangs on it
    app.state = State()


@cache
def _first_start() -> tuple[Path, str]:
    """Return a data folder in which a registry was started once, and the token it gave."""
    folder = Path(tempfile.mkdtemp(prefix="mk-"))
    atexit.register(shutil.rmtree, folder)
    read = Settings.read({}, data_dir=folder)
    services = build(read)
    token = _prepared(read, services)
    services.close()
    return folder, token


def _prepared(settings: Settings, services: Services) -> str:
    token = prepare(settings, services)
    assert token is not None
    return token


def problem(response: Any, status: int, code: str) -> Any:  # noqa: ANN401 - TestClient's response, and JSON
    """Return the problem document of an answer that must be one."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    document = response.json()
    assert (document["status"], document["code"]) == (status, code), document
    assert document["request_id"] == response.headers["X-Request-Id"]
    assert document["detail"]
    assert document["type"] == f"urn:modelkeep:error:{code}"
    return document
