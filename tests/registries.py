"""A registry without a facade: the services of the product over a fresh database and a folder of objects."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

import pytest
from tests.events import check_event

from modelkeep.app.bootstrap import Services, build, prepare
from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.settings import Settings
from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.kernel.clock import Clock, system_clock
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.ids import uuid7

SECRET_KEY = "the secret key of all test registries"
START = datetime(2026, 11, 2, 9, tzinfo=UTC)


class ManualClock:
    """A clock that moves a millisecond each time it is read, and further when told to."""

    def __init__(self, start: datetime = START, step: timedelta = timedelta(milliseconds=1)) -> None:
        self._now, self._step, self._lock = start, step, Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self._now += self._step
            return self._now

    def advance(self, time: timedelta) -> None:
        with self._lock:
            self._now += time


def settings_for(folder: Path, database_url: str) -> Settings:
    return Settings.read({}, data_dir=folder, database_url=database_url, secret_key=SECRET_KEY)


@contextmanager
def registry(settings: Settings, clock: Clock = system_clock) -> Iterator[tuple[Services, str | None]]:
    """Start a registry as a server does; give its services, and the administrator's token if it is new."""
    services = build(settings, clock=clock, ids=uuid7(clock))
    try:
        yield services, prepare(settings, services)
    finally:
        services.close()


@dataclass(frozen=True)
class Seed:
    """What the first start of a registry left behind: a database, and the key of its log; and the token it gave."""

    database: str
    log_key: Path
    token: str


def first_start(folder: Path, database_url: str, database: str) -> Seed:
    """Start a registry in an empty database for the first time, and stop it."""
    settings = settings_for(folder, database_url)
    with registry(settings, ManualClock(START - timedelta(minutes=1))) as (_, token):
        assert token is not None
    return Seed(database, ServerLogKeys(settings).file, token)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(tmp_path, database_url)


@pytest.fixture
def started(settings: Settings, clock: ManualClock, seed: Seed) -> Iterator[tuple[Services, str]]:
    """The services of a registry that has had its first start, and the token of its administrator."""
    shutil.copy2(seed.log_key, ServerLogKeys(settings).file)
    services = build(settings, clock=clock, ids=uuid7(clock))
    try:
        yield services, seed.token
        for entry in services.audit_reader.read(BEFORE_ALL, 500):
            check_event(entry.action, entry.subject, entry.data)
    finally:
        services.close()


@pytest.fixture
def services(started: tuple[Services, str]) -> Services:
    return started[0]


@pytest.fixture
def admin_token(started: tuple[Services, str]) -> str:
    return started[1]


@pytest.fixture
def admin(services: Services, admin_token: str) -> Actor:
    return services.authentication.authenticate(admin_token, RequestInfo(id="test"))
