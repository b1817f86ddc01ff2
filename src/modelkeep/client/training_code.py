"""What the folder of the running program says of the code that trained a model: its git commit."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from modelkeep.client.records import TrainingCode

_TIMEOUT_SECONDS: Final = 5
_CREDENTIALS: Final = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/@]*@", re.IGNORECASE)


def detect_training_code(folder: Path | None = None) -> TrainingCode | None:
    """Return the commit that is checked out in `folder`, by default the working directory; None where there is none.

    `dirty` counts changes of tracked files only. `entry_point` is the running script, where it is in the repository.
    User name and password are taken out of the repository's address.
    """
    where = folder or Path.cwd()
    commit = _git(where, "rev-parse", "--verify", "HEAD")
    root = _git(where, "rev-parse", "--show-toplevel")
    if commit is None or root is None:
        return None
    address = _git(where, "remote", "get-url", "origin")
    changes = _git(where, "status", "--porcelain", "--untracked-files=no")
    return TrainingCode(
        repository=_CREDENTIALS.sub(r"\1", address) if address else None,
        commit=commit,
        dirty=None if changes is None else bool(changes),
        entry_point=_entry_point(Path(root)),
    )


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, or None where there is no git, no repository, or no answer in time."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def _entry_point(root: Path) -> str | None:
    script = Path(sys.argv[0]).absolute() if sys.argv and sys.argv[0] else None
    if script is None or not script.is_file() or not script.is_relative_to(root):
        return None
    return script.relative_to(root).as_posix()
