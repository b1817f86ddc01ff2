"""Starts the servers that are measured, and reads what they use from /proc."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_POLL_SECONDS: Final = 0.005
_STOP_SECONDS: Final = 20
_SETTLED_SECONDS: Final = 2
_IDLE_SHARE: Final = 0.1


@dataclass
class Server:
    """A server with all of its processes; use it as a context manager to stop it."""

    process: subprocess.Popen[bytes]
    port: int
    started: float

    @classmethod
    def start(cls, command: Sequence[str], port: int, *, log: Path, environment: Mapping[str, str]) -> Self:
        """Start a command as a process group of its own."""
        with log.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        return cls(process, port, started)

    def __enter__(self) -> Self:
        """Return the server itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every process of the server."""
        processes = self.all()
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)

    def wait(self, path: str, *, seconds: float = 120) -> float:
        """Wait until a path answers 200; return the seconds since the start.

        Raises:
            RuntimeError: the server ended, or did not answer in time.
        """
        while time.perf_counter() - self.started < seconds:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.process.args!r}")
            if _answers(self.port, path):
                return time.perf_counter() - self.started
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"the server did not answer: {self.process.args!r}")

    def settle(self, *, seconds: float = 180) -> None:
        """Wait until the server idles: some go on loading for a minute after they have answered."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            used = self.cpu_seconds()
            time.sleep(_SETTLED_SECONDS)
            if self.cpu_seconds() - used < _SETTLED_SECONDS * _IDLE_SHARE:
                return
        raise RuntimeError(f"the server does not come to rest: {self.process.args!r}")

    def all(self) -> list[int]:
        """Return the ids of every process of the server."""
        found = [self.process.pid]
        for pid in found:  # grows while it is read
            found += _children(pid)
        return found

    def memory(self) -> int:
        """Return the resident bytes of all processes; what they share is counted once for each."""
        return sum(_status(pid, "VmRSS") for pid in self.all())

    def peak_memory(self) -> int:
        """Return the greatest resident size, in bytes, since `forget_peak`, summed over the processes."""
        return sum(_status(pid, "VmHWM") for pid in self.all())

    def forget_peak(self) -> None:
        """Start anew to look for the greatest resident size."""
        for pid in self.all():
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")

    def cpu_seconds(self) -> float:
        """Return the processor time all processes have used."""
        return sum(_cpu(pid) for pid in self.all())


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def _status(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
