"""What `doctor` examines: everything between this machine and the registry, and what to do where it is not in order."""

import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from itertools import islice
from typing import Final

from modelkeep.cli.text import counted, size
from modelkeep.client.cache import Cache, cache_home
from modelkeep.client.errors import ForbiddenError
from modelkeep.client.registry import Registry
from modelkeep.client.server_status import ServerStatus, server_status
from modelkeep.client.settings import Settings, resolve_settings
from modelkeep.kernel.errors import RegistryError

MAX_SKEW: Final = timedelta(seconds=60)
_NAMED_JOBS: Final = 5


class State(StrEnum):
    """What a check comes to."""

    OK = "ok"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `advice` says what to do where it is a problem."""

    check: str
    state: State
    detail: str
    advice: str = ""

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done."""
        return self.state is State.OK


def examine(url: str | None) -> Iterator[Finding]:
    """Yield what each check found; a check that needs what an earlier one missed is left out."""
    yield Finding("client", State.OK, f"modelkeep {version('modelkeep')}, Python {platform.python_version()}")
    yield _cache()
    try:
        settings = resolve_settings(url)
    except RegistryError as error:
        yield Finding("settings", State.PROBLEM, error.message)
        return
    yield Finding("settings", State.OK, f"{settings.url} ({settings.source_of_url})")
    try:
        status = server_status(settings.url)
    except RegistryError as error:
        yield Finding("server", State.PROBLEM, error.message)
        return
    yield from _server(status)
    token = _token(settings)
    yield token
    if token.is_good:
        yield from _jobs(settings)


def _cache() -> Finding:
    advice = "Give it a folder that can be written: 'modelkeep config set cache_dir FOLDER'."
    try:
        root = cache_home()
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            usage = Cache(root).usage()
        free = shutil.disk_usage(root).free
    except RegistryError as error:
        return Finding("cache", State.PROBLEM, error.message)
    except OSError as error:
        return Finding("cache", State.PROBLEM, f"{error.filename}: {error.strerror}.", advice)
    known = f"{counted(usage.files, 'file')}, {size(usage.size)}"
    return Finding("cache", State.OK, f"{root}: {known}; {size(free)} free")


def _server(status: ServerStatus) -> Iterator[Finding]:
    mine = version("modelkeep")
    same = mine.split(".")[:2] == status.version.split(".")[:2]
    advice = "" if same else f"This program is {mine}: update the older of the two."
    yield Finding("server", State.OK if same else State.PROBLEM, f"modelkeep {status.version}", advice)
    wrong = {name: state for name, state in status.checks.items() if state != "ok"}
    if status.ready:
        yield Finding("ready", State.OK, ", ".join(status.checks))
    else:
        advice = "See the log of the server."
        yield Finding("ready", State.PROBLEM, "; ".join(f"{name}: {state}" for name, state in wrong.items()), advice)
    if status.clock_skew is not None:
        yield _clock(status.clock_skew)


def _clock(skew: timedelta) -> Finding:
    seconds = skew.total_seconds()
    told = f"the server's clock is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}" if seconds else "equal"
    if abs(skew) <= MAX_SKEW:
        return Finding("clock", State.OK, told)
    return Finding("clock", State.PROBLEM, told, "Set the clocks by NTP: links to an object store expire by them.")


def _token(settings: Settings) -> Finding:
    if settings.token is None:
        return Finding("token", State.PROBLEM, f"There is none for {settings.url}.", "Run 'modelkeep login'.")
    try:
        with Registry(settings) as registry:
            principal = registry.whoami()
    except RegistryError as error:
        return Finding(
            "token", State.PROBLEM, f"{error.message} (from: {settings.source_of_token})", "Run 'modelkeep login'."
        )
    return Finding(
        "token", State.OK, f"{principal.name} ({', '.join(principal.roles)}), from {settings.source_of_token}"
    )


def _jobs(settings: Settings) -> Iterator[Finding]:
    """Name background work that the server has given up, to those who may know of it."""
    try:
        with Registry(settings) as registry:
            dead = list(islice(registry.list_jobs(status="dead"), _NAMED_JOBS + 1))
    except ForbiddenError:
        return
    except RegistryError as error:
        yield Finding("jobs", State.PROBLEM, error.message)
        return
    if not dead:
        yield Finding("jobs", State.OK, "none is dead")
        return
    named = "; ".join(f"{job.key}: {job.last_error or 'no error is known'}" for job in dead[:_NAMED_JOBS])
    more = "; and more" if len(dead) > _NAMED_JOBS else ""
    yield Finding(
        "jobs", State.PROBLEM, f"dead: {named}{more}.", "See 'modelkeep job list', then 'modelkeep job retry'."
    )
