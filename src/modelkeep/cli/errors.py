"""What a failed command says, and the exit code it ends with: one table, the CLI column of the error kinds."""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import click

from modelkeep.cli.text import hanging, printable
from modelkeep.kernel.errors import Kind, RegistryError

EXIT_CODES: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 2,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 4,
    Kind.NOT_FOUND: 5,
    Kind.ALREADY_EXISTS: 6,
    Kind.CONFLICT: 7,
    Kind.BLOCKED: 8,
    Kind.LIMIT_EXCEEDED: 9,
    Kind.UNAVAILABLE: 10,
    Kind.CORRUPT: 11,
}
UNEXPECTED: Final = 1
INTERRUPTED: Final = 130
TRACEBACK_VARIABLE: Final = "MODELKEEP_TRACEBACK"

_MARK: Final = "Error: "
_SERVERS_FAULT: Final = frozenset({Kind.UNAVAILABLE, Kind.CORRUPT})


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed command: the exit code, what to say to a person, and the rest of the problem document."""

    exit_code: int
    message: str
    code: str
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def problem(self) -> dict[str, object]:
        """The problem document (RFC 9457), of the shape that the API answers with."""
        return {"type": f"urn:modelkeep:error:{self.code}", "code": self.code, "detail": self.message, **self.more}


def color() -> bool | None:
    """Return click's switch for colours: never with `NO_COLOR` (no-color.org), else where a terminal shows them."""
    return False if os.environ.get("NO_COLOR") else None


def failure_of(error: BaseException) -> Failure:
    """Return what an exception means for the command that raised it."""
    if isinstance(error, RegistryError):
        return _refused(error)
    if isinstance(error, click.ClickException):
        return Failure(error.exit_code, error.format_message(), "cli.usage", {"kind": Kind.INVALID.value})
    if isinstance(error, click.Abort | KeyboardInterrupt):
        stopped = isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt)
        code, message = (INTERRUPTED, "Interrupted.") if stopped else (UNEXPECTED, "Nothing was done.")
        return Failure(code, message, "cli.stopped")
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return Failure(UNEXPECTED, f"{place}{error.strerror or error}", "cli.operating_system")
    return Failure(
        UNEXPECTED,
        f"This program failed in a way it should not ({type(error).__name__}: {error}). Run it again with "
        f"{TRACEBACK_VARIABLE}=1 and report what it shows.",
        "cli.defect",
    )


def report(error: BaseException, *, as_json: bool) -> int:
    """Show a failure on standard error, as text or as a problem document, and return the exit code."""
    failure = failure_of(error)
    if os.environ.get(TRACEBACK_VARIABLE) and not isinstance(error, click.ClickException):
        click.echo("".join(traceback.format_exception(error)), err=True)
    if isinstance(error, BrokenPipeError):
        _silence_output()
    elif as_json:
        click.echo(json.dumps(failure.problem, indent=2, default=str), err=True)
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        text = printable(failure.message, lines=True)
        if "\n" not in text:  # what points at a place must stay as it is
            text = hanging(text, len(_MARK), sys.stderr)
        click.echo(click.style(_MARK, fg="red", bold=True) + text, err=True, color=color())
    return failure.exit_code


def _refused(error: RegistryError) -> Failure:
    status, request_id = getattr(error, "status", 0), getattr(error, "request_id", "")
    more: dict[str, Any] = {"kind": error.kind.value, "context": error.details}
    if status:
        more |= {"status": status, "request_id": request_id}
    traced = f" (request {request_id})" if request_id and error.kind in _SERVERS_FAULT else ""
    return Failure(EXIT_CODES[error.kind], f"{error.message}{traced}", error.code, more)


def _silence_output() -> None:
    """Let nothing more be written to a pipe that nobody reads, the flush at the program's end included."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
