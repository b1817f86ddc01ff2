"""The load generator: wrk with one thread, the same for every server that is measured."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import Server

_SCRIPT: Final = Path(__file__).with_name("requests.lua")
_MARK: Final = "RESULT "


@dataclass(frozen=True)
class Request:
    """A kind of request; `{n}` in path and body stands for a counter, `{random}` for 1 to `spread`."""

    name: str
    method: str
    path: str
    body: str = ""
    token: str = ""
    spread: int = 1
    first: int = 1


@dataclass(frozen=True)
class Measured:
    """What one round measured: requests per second, milliseconds, and the server's processor time per request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def measure(server: Server, request: Request, *, connections: int, seconds: int) -> Measured:
    """Send one kind of request over kept-alive connections for some seconds.

    Raises:
        RuntimeError: wrk is not installed, or a request was answered with an error.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("the load generator is missing: apt-get install wrk")
    used = server.cpu_seconds()
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(_SCRIPT)]
    asked = [request.method, request.path, request.body, request.token, str(request.spread), str(request.first)]
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}", "--", *asked],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    ).stdout
    used = server.cpu_seconds() - used
    result = json.loads(next(line for line in output.splitlines() if line.startswith(_MARK)).removeprefix(_MARK))
    if result["errors"] or not result["requests"]:
        raise RuntimeError(f"{request.name}: {result}")
    return Measured(
        rate=result["requests"] / (result["microseconds"] / 1e6),
        p50=result["p50"] / 1000,
        p99=result["p99"] / 1000,
        cpu=used * 1000 / result["requests"],
    )
