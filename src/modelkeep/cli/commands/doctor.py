"""`doctor`: whether everything between this machine and the registry is in order, and what to do where it is not."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import show_json
from modelkeep.cli.text import counted, hanging, printable, size
from modelkeep.kernel.errors import RegistryError

if TYPE_CHECKING:
    from modelkeep.client.server_status import ServerStatus
    from modelkeep.client.settings import Settings

MAX_SKEW: Final = timedelta(seconds=60)


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


@click.command(cls=RegistryCommand, epilog=examples("modelkeep doctor --url https://models.example.org"))
@click.pass_context
@pass_invocation
def doctor(invocation: Invocation, context: click.Context) -> None:
    """Check everything between here and the registry.

    That is the settings, the server and what it depends on, the token, the versions, the clocks and the cache. Ends
    with exit code 1 when there is a problem, and says what to do about it.
    """
    findings = list(examine(invocation.url))
    healthy = all(finding.state is State.OK for finding in findings)
    if invocation.as_json:
        show_json({"ok": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if not healthy:
        context.exit(1)


def examine(url: str | None) -> Iterator[Finding]:
    """Yield what each check found; a check that needs what an earlier one missed is left out."""
    from modelkeep.client.server_status import server_status  # noqa: PLC0415 - not for --help
    from modelkeep.client.settings import resolve_settings  # noqa: PLC0415

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
    yield _token(settings)


def _cache() -> Finding:
    from modelkeep.client.cache import Cache, cache_home  # noqa: PLC0415 - not for --help

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


def _server(status: "ServerStatus") -> Iterator[Finding]:
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


def _token(settings: "Settings") -> Finding:
    from modelkeep.client.registry import Registry  # noqa: PLC0415 - not for --help

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


def _show(findings: list[Finding]) -> None:
    for finding in findings:
        state = click.style(f"{finding.state:<7}", fg="green" if finding.state is State.OK else "red")
        text = printable(f"{finding.detail} {finding.advice}".strip())
        click.echo(f"{finding.check:<9} {state}  {hanging(text, 19, sys.stdout)}")
