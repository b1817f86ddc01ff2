"""Real servers for a test session: started once, shared by the workers of pytest-xdist, stopped by the last one."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

STARTED: list[subprocess.Popen[bytes]] = []


class ServerAbsentError(Exception):
    """The software of a server is not installed; the text says how to install it."""


@dataclass
class Running:
    """A server: how to reach it, and what to clean up."""

    folder: str
    settings: dict[str, str] = field(default_factory=dict)
    pids: list[int] = field(default_factory=list)
    stop_signal: int = signal.SIGKILL

    def spawn(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        log = Path(self.folder, f"{len(self.pids)}-{Path(command[0]).name}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=self.folder,
                start_new_session=True,
            )
        STARTED.append(process)
        self.pids.append(process.pid)

    def wait_for(self, url: str, *, seconds: float = 60) -> None:
        """Wait until something answers HTTP there, whatever it answers."""
        deadline = time.monotonic() + seconds
        while not _answers(url):
            died = [process.args for process in STARTED if process.pid in self.pids and process.poll() is not None]
            if died or time.monotonic() > deadline:
                logs = "\n".join(log.read_text(errors="replace")[-2000:] for log in Path(self.folder).glob("*.log"))
                raise RuntimeError(f"No answer from {url}; ended: {died}\n{logs}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once: the data is disposable."""
        for pid in reversed(self.pids):
            with suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
        for process in STARTED:
            if process.pid in self.pids:
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


Start = Callable[[Running], None]


@contextmanager
def running(start: Start) -> Iterator[Running]:
    """Start a server of one's own; its folder has a short name, as Unix sockets want."""
    server = Running(tempfile.mkdtemp(prefix="mk-"))
    try:
        start(server)
        yield server
    finally:
        server.stop()


@contextmanager
def shared(start: Start, state: Path) -> Iterator[Running]:
    """Start a server, or use what another process started and noted in the file `state`; the last one stops it."""
    server = _join(start, state)
    try:
        yield server
    finally:
        _leave(state)


def _join(start: Start, state: Path) -> Running:
    with _locked(state) as users:
        if users:
            server = Running(**users["server"])
        else:
            server = Running(tempfile.mkdtemp(prefix="mk-"))
            try:
                start(server)
            except BaseException:
                server.stop()
                raise
        users.update(count=users.get("count", 0) + 1, server=asdict(server))
        return server


def _leave(state: Path) -> None:
    with _locked(state) as users:
        users["count"] -= 1
        if users["count"] == 0:
            Running(**users["server"]).stop()
            users.clear()


@contextmanager
def _locked(state: Path) -> Iterator[dict[str, Any]]:
    with state.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users: dict[str, Any] = json.loads(file.read() or "{}")
        yield users
        file.seek(0)
        file.truncate()
        json.dump(users, file)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - always http://127.0.0.1
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True
