"""Events out of a real server with two worker processes, to a receiver that is killed and started again."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.databases import database_url, postgresql_template, sqlite_template
from tests.e2e.registry_server import RegistryServer
from tests.servers.processes import free_port

from modelkeep.client import LiveEvent, Registry, RegistryError

__all__ = ["database_url", "postgresql_template", "sqlite_template"]

CHANGES = 12
DEADLINE_SECONDS = 60


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[RegistryServer]:
    options = {
        "MODELKEEP_WORKERS": "2",
        "MODELKEEP_DATABASE_URL": database_url,
        "MODELKEEP_OUTBOUND_ALLOW": "127.0.0.1",
    }
    running = RegistryServer(tmp_path / "registry", options)
    running.folder.mkdir()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def registry(server: RegistryServer, tmp_path: Path) -> Iterator[Registry]:
    with server.connect(tmp_path / "cache") as connected:
        yield connected


@dataclass
class ReceiverProcess:
    """A receiver in a process of its own, which may be killed; what it was sent is in a file."""

    file: Path
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.servers.webhooks", str(self.port), str(self.file)]
        self._process = subprocess.Popen(command)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def numbers(self) -> list[int]:
        return [int(json.loads(line["body"])["id"]) for line in self.received()]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverProcess]:
    process = ReceiverProcess(tmp_path / "received.jsonl")
    yield process
    process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_event_arrives_in_order_though_the_receiver_is_killed(
    registry: Registry, receiver: ReceiverProcess
) -> None:
    url = f"http://127.0.0.1:{receiver.port}/in"
    hook = registry.create_webhook("ci", url, types=["NAMESPACE_CREATED"])
    receiver.start()
    for number in range(CHANGES):
        registry.create_namespace(f"team-{number}")
        if number % 5 == 2:
            receiver.kill()
        if number % 5 == 4:
            receiver.start()
    receiver.kill()
    receiver.start()
    expected = [entry.seq for entry in registry.list_audit(type="NAMESPACE_CREATED", oldest_first=True)]
    expected = [seq for seq in expected if seq > hook.cursor]
    assert len(expected) == CHANGES
    wait_until(lambda: set(expected) <= set(receiver.numbers()))
    first_times = list(dict.fromkeys(receiver.numbers()))
    assert first_times == expected
    assert hook.secret is not None
    for line in receiver.received():
        assert Webhook(hook.secret).verify(line["body"], line["headers"])["data"] == {}

    before = len(receiver.numbers())
    registry.replay_webhook(hook.id, from_seq=expected[-2])
    wait_until(lambda: receiver.numbers()[before:][-2:] == expected[-2:])
    rotated = registry.rotate_webhook_secret(hook.id)
    assert registry.deliver_event(hook.id, expected[0]).outcome == "delivered"
    last = receiver.received()[-1]
    for secret in (hook.secret, rotated.secret):
        assert secret is not None
        Webhook(secret).verify(last["body"], last["headers"])


def test_a_live_stream_goes_on_where_it_was_after_the_server_was_started_again(
    server: RegistryServer, registry: Registry
) -> None:
    registry.create_namespace("team-0")
    known = next(iter(registry.list_audit())).seq
    following = registry.events(after=known, types=["NAMESPACE_*"])
    registry.create_model("team-0/scorer")
    registry.create_namespace("team-1")
    assert next(following).subject == "team-1"
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 10, "a server that stops does not wait for its streams"
    server.start()
    registry.create_namespace("team-2")
    event = next(following)
    assert (event.type, event.subject, event.data) == ("NAMESPACE_CREATED", "team-2", {})
    assert isinstance(event, LiveEvent)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stream_is_refused_what_it_cannot_select(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="no type of event"):
        next(registry.events(types=["NOTHING_LIKE_THAT"]))
