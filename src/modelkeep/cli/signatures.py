"""What the commands about signatures share: which target is meant, whom to believe, how an outcome is told."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modelkeep.cli.invocation import can_ask

if TYPE_CHECKING:
    from modelkeep.client.model_signing import Trust

PASSWORD_VARIABLE = "MODELKEEP_KEY_PASSWORD"  # noqa: S105 - the name of a variable


def local_path(target: str) -> Path | None:
    """Return the path that is meant; None for a reference. A path begins with `.`, `/` or `~`."""
    return Path(target).expanduser() if target.startswith((".", "/", "~")) else None


def local_pack(target: str) -> Path | None:
    """Return the evidence pack that is meant; None for anything else."""
    return Path(target).expanduser() if target.endswith(".zip") else None


def password_for(key: Path) -> str | None:
    """Return the password of a key: from the environment, or from whoever sits there if the key asks for one."""
    from modelkeep.client.model_signing import read_file  # noqa: PLC0415 - not for --help

    given = os.environ.get(PASSWORD_VARIABLE)
    if given is None and b"ENCRYPTED" in read_file(key) and can_ask():
        return str(click.prompt(f"Password of {key}", hide_input=True, err=True))
    return given


def new_password() -> str | None:
    """Return a password for a new key: from the environment, or from whoever sits there; None for none."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is None and can_ask():
        given = click.prompt(
            "Password, empty for none",
            default="",
            show_default=False,
            hide_input=True,
            confirmation_prompt=True,
            err=True,
        )
    return given or None


def trusted(keys: Sequence[Path], authorities: Sequence[Path], identity: str | None) -> "list[Trust]":
    """Return whom the options say to believe."""
    from modelkeep.client.model_signing import Trust, read_file  # noqa: PLC0415 - not for --help

    if bool(authorities) != (identity is not None):
        raise click.UsageError("Give --authority and --identity together: whom to believe, and about whom.")
    found = [Trust(read_file(path), name=str(path)) for path in keys]
    return [*found, *(Trust(read_file(path), identity, str(path)) for path in authorities)]
