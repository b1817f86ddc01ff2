"""Servers and clients killed at random moments: what was acknowledged is there, what is there is whole."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from tests.e2e.pushing_client import STOP
from tests.e2e.registry_server import PART, RegistryServer
from tests.registries import registry
from tests.servers import postgres
from tests.servers.processes import Running, running
from tests.soak import rounds

from modelkeep.app.settings import Settings
from modelkeep.client import Registry, ServerUnreachableError
from modelkeep.client.cache import Cache
from modelkeep.client.retries import Retries
from modelkeep.client.verify_audit import read_checkpoints
from modelkeep.kernel.merkle import Node, fold, grown, span

CLIENTS = ("one", "two", "three")
PART_BYTES = 512 * 1024
REPOSITORY = Path(__file__).parents[2]
LONGEST_PAUSE = 0.25
PATIENCE = 0.6
"""How often a server that was killed may start before the next kill."""
KILLS = rounds(50, 200)
DEADLINE_SECONDS = 8 * KILLS


@dataclass
class Clients:
    """Three processes that push, each to a model of its own."""

    server: RegistryServer
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self._running = {model: self._start(model) for model in CLIENTS}

    def kill(self, model: str) -> None:
        """Kill one, as a laptop that is shut, and start it again."""
        self._running[model].kill()
        self._running[model].wait()
        self._running[model] = self._start(model)

    def finish(self) -> None:
        """Let each finish the push it is at."""
        (self.folder / STOP).touch()
        for process in self._running.values():
            assert process.wait(60) == 0, self.log

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()

    def acknowledged(self, model: str) -> list[dict[str, Any]]:
        noted = self.folder / f"{model}.acknowledged"
        return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []

    @property
    def log(self) -> str:
        return "\n".join(file.read_text()[-2000:] for file in self.folder.glob("*.log"))

    def _start(self, model: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{model}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.pushing_client", model, str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.server.environment,
                cwd=REPOSITORY,
            )


@contextmanager
def clients(server: RegistryServer, folder: Path) -> Iterator[Clients]:
    started = Clients(server, folder)
    try:
        yield started
    finally:
        started.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Running | None]]:
    """The address of a database of the test's own; PostgreSQL may be killed, too."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'modelkeep.db'}", None
        return
    with running(postgres.start) as process:
        yield postgres.PostgresServer(**process.settings).url("postgres"), process


def test_no_acknowledged_version_is_lost_and_none_lacks_a_blob(
    tmp_path: Path, database: tuple[str, Running | None]
) -> None:
    url, process = database
    server = RegistryServer(tmp_path, {"MODELKEEP_PART_BYTES": str(PART_BYTES), "MODELKEEP_DATABASE_URL": url})
    server.start()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with clients(server, tmp_path / "clients") as pushing:
            kill_at_random(server, pushing, process)
            pushing.finish()
            check(engine, server.objects, pushing)
        server.stop()
        with registry(Settings.read({}, data_dir=tmp_path / "data", database_url=url)) as (services, _):
            services.log.publisher.publish()
        check_tree(engine)
    finally:
        engine.dispose()
        server.stop()


def kill_at_random(server: RegistryServer, pushing: Clients, database: Running | None) -> None:
    """Kill the server, a client or PostgreSQL, again and again: 50 times in CI, 200 with patience."""
    chance = random.Random(os.urandom(8))  # noqa: S311 - when to kill is no secret
    until = time.monotonic() + DEADLINE_SECONDS
    for _ in range(KILLS):
        assert time.monotonic() < until, "too slow to be a test"
        time.sleep(chance.uniform(0, LONGEST_PAUSE))
        victim = chance.choice(["server", "client", "client", "database" if database else "server"])
        if victim == "server":
            server.kill()
            server.launch()
            if chance.random() < PATIENCE:
                settle(server)
        elif victim == "client":
            pushing.kill(chance.choice(CLIENTS))
        elif database is not None:
            postgres.kill(database)
            postgres.run(database)
    settle(server)


def settle(server: RegistryServer) -> None:
    """Wait until the server serves; start it again if its database went away while it started."""
    try:
        server.wait()
    except RuntimeError:
        server.start()


def check(engine: Engine, objects: Path, pushing: Clients) -> None:
    versions = registered(engine)
    assert sum(map(len, versions.values())) >= len(CLIENTS), pushing.log
    for model in CLIENTS:
        noted = pushing.acknowledged(model)
        assert noted, f"{model} never got through\n{pushing.log}"
        assert [(found["number"], found["digest"]) for found in noted] == versions[model][: len(noted)]
        assert [found["pushed"] for found in noted] == list(range(1, len(noted) + 1))
        assert [number for number, _ in versions[model]] == list(range(1, len(versions[model]) + 1))
        assert len(versions[model]) == len(noted), "a push that was repeated made two versions"
    check_content(engine, objects)
    check_audit(engine, sum(map(len, versions.values())))
    check_receipts(engine, pushing)
    check_state(engine)
    if engine.dialect.name == "sqlite":
        assert rows(engine, "PRAGMA quick_check") == [("ok",)]
        assert rows(engine, "PRAGMA foreign_key_check") == []


def registered(engine: Engine) -> dict[str, list[tuple[int, str]]]:
    found = rows(
        engine,
        "SELECT m.name, v.number, v.manifest_digest FROM catalog_version v JOIN catalog_model m ON m.id = v.model_id "
        "ORDER BY v.number",
    )
    return {
        model: [(number, digest) for name, number, digest in found if name == f"default/{model}"] for model in CLIENTS
    }


def check_content(engine: Engine, objects: Path) -> None:
    """Hash every blob of every version, and every blob that is recorded."""
    recorded = dict(rows(engine, "SELECT digest, size FROM artifact_blob"))
    documents = rows(engine, "SELECT digest, document FROM artifact_manifest")
    assert {digest for digest, _ in documents} == {
        digest for (digest,) in rows(engine, "SELECT DISTINCT manifest_digest FROM catalog_version")
    }
    for digest, document in documents:
        assert digest == f"sha256:{sha256(document).hexdigest()}"
        for file in json.loads(bytes(document))["files"]:
            assert recorded[file["digest"]] == file["size"]
    for digest, size in recorded.items():
        name = digest.removeprefix("sha256:")
        data = (objects / "blobs" / "sha256" / name[:2] / name).read_bytes()
        assert (len(data), sha256(data).hexdigest()) == (size, name)


def check_audit(engine: Engine, versions: int) -> None:
    """Every change has its entry, in an unbroken sequence of intact leaves."""
    entries = rows(engine, "SELECT seq, action, payload, leaf_hash FROM audit_entry ORDER BY seq")
    assert [seq for seq, *_ in entries] == list(range(len(entries)))
    assert rows(engine, "SELECT size FROM audit_head") == [(len(entries),)]
    for seq, action, payload, leaf_hash in entries:
        assert bytes(leaf_hash) == sha256(b"\0" + bytes(payload)).digest()
        leaf = json.loads(bytes(payload))
        assert (leaf["seq"], leaf["action"]) == (seq, action)
    assert sum(action == "catalog.version_registered" for _, action, *_ in entries) == versions
    assert sum(action == "catalog.model_created" for _, action, *_ in entries) == len(CLIENTS)


def check_receipts(engine: Engine, pushing: Clients) -> None:
    """The entry of each acknowledged push is the one that its receipt says."""
    hashes = {seq: bytes(found).hex() for seq, found in rows(engine, "SELECT seq, leaf_hash FROM audit_entry")}
    receipts = [noted["audit"] for model in CLIENTS for noted in pushing.acknowledged(model) if noted["audit"]]
    assert receipts
    assert all(hashes[receipt["seq"]] == receipt["leaf_hash"] for receipt in receipts)


def check_state(engine: Engine) -> None:
    """What the log says was made is what is there, and nothing else is."""
    entries = rows(engine, "SELECT action, subject, payload FROM audit_entry ORDER BY seq")
    made = {subject for action, subject, _ in entries if action == "catalog.model_created"}
    assert made == {name for (name,) in rows(engine, "SELECT name FROM catalog_model")}
    registered_by_log = sorted(
        (subject, data["number"], data["manifest_digest"])
        for action, subject, payload in entries
        if action == "catalog.version_registered"
        for data in [json.loads(bytes(payload))["data"]]
    )
    there = rows(
        engine,
        "SELECT m.name || ':' || v.version, v.number, v.manifest_digest FROM catalog_version v "
        "JOIN catalog_model m ON m.id = v.model_id",
    )
    assert registered_by_log == sorted(there)


def check_tree(engine: Engine) -> None:
    """Every node and checkpoint that was stored is the one that the entries make, and the next start catches up."""
    leaves = [bytes(found) for (found,) in rows(engine, "SELECT leaf_hash FROM audit_entry ORDER BY seq")]
    nodes = grown(0, leaves, {})
    stored = {Node(level, place): bytes(found) for level, place, found in rows(engine, "SELECT * FROM audit_node")}
    assert stored == {node: found for node, found in nodes.items() if node.level > 0}
    checkpoints = rows(engine, "SELECT size, root, note FROM audit_checkpoint ORDER BY size")
    assert checkpoints[-1][0] == len(leaves)
    for size, root, note in checkpoints:
        assert bytes(root) == fold(span(0, size), nodes)
        (signed,) = read_checkpoints(note.splitlines())
        assert (signed.size, signed.root) == (size, bytes(root))


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_push_that_is_run_again_after_its_server_was_killed_sends_no_part_twice(
    own_server: RegistryServer, tmp_path: Path
) -> None:
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(24 * PART))
    with own_server.connect(tmp_path / "cache") as patient:
        settings = patient.settings
    with Registry(settings, cache=Cache(tmp_path / "cache"), retries=Retries(tries=1), workers=1) as registry:
        with ThreadPoolExecutor(1) as pool:
            pushing = pool.submit(registry.push, source, "killed")
            deadline = time.monotonic() + 30
            while own_server.requests("PUT", "/parts/").total() < 4:
                assert time.monotonic() < deadline
            own_server.kill()
            assert isinstance(pushing.exception(), ServerUnreachableError)
        own_server.start()
        assert registry.push(source, "killed").number == 1
        sent = own_server.requests("PUT", "/parts/")
        assert set(sent.values()) == {1}
        assert 20 < len(sent) <= 24
        pulled = registry.pull("killed", tmp_path / "pulled")
        assert (pulled / "large.bin").read_bytes() == source.read_bytes()
