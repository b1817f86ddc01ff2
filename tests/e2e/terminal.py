"""The command line as people and scripts run it: a process with pipes, or on a terminal."""

import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.registry_server import PROGRAM, RegistryServer

_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """A process that ended."""

    code: int
    out: str
    err: str = ""

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the answer is
        return json.loads(self.out)

    @property
    def plain(self) -> str:
        """What a terminal showed, without colours and movements."""
        return _SEQUENCE.sub("", self.out).replace("\r\n", "\n")


@dataclass(frozen=True)
class CommandLine:
    """The program for one user: folders and variables of their own, and the registry they are logged in to."""

    server: RegistryServer
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache"), "TERM": "xterm-256color"}
        return {**self.server.environment, **own, "COLUMNS": "80", "LINES": "40", **self.variables}

    def run(self, *words: str, given: str = "", variables: Mapping[str, str] | None = None) -> Done:
        """Run a command with pipes."""
        done = subprocess.run(
            [PROGRAM, *words],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={**self.environment, **(variables or {})},
            timeout=_SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, variables: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Start a command with pipes."""
        return subprocess.Popen(
            [PROGRAM, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**self.environment, **(variables or {})},
        )

    def on_terminal(
        self, *words: str, asked: str = "", typed: str = "", variables: Mapping[str, str] | None = None
    ) -> Done:
        """Run a command on a terminal of 80 columns; `typed` is what a person answers to what is `asked`."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [PROGRAM, *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=self.folder,
            env={**self.environment, **(variables or {})},
            start_new_session=True,
        )
        os.close(theirs)
        try:
            shown = _read(ours, until=asked) if asked else ""
            os.write(ours, typed.encode())
            shown += _read(ours)
        finally:
            os.close(ours)
            process.kill()
            code = process.wait()
        return Done(code, shown)


def _read(descriptor: int, *, until: str = "") -> str:
    """Read what a terminal shows, until a text is there or the other end is closed."""
    shown = b""
    deadline = time.monotonic() + _SECONDS
    while not (until and until in shown.decode(errors="replace")):
        ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise TimeoutError(shown.decode(errors="replace"))
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux reports the end of a terminal so
            break
        if not chunk:
            break
        shown += chunk
    return shown.decode(errors="replace")
