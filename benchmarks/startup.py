"""How long a start takes, and what an idle server and a command cost."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.mlflow_server import VERSION, Mlflow
from benchmarks.modelkeep_server import Home
from benchmarks.processes import Server
from benchmarks.report import Table, load, megabytes, middle
from benchmarks.workspace import Options, command, scratch


def run(options: Options) -> Iterator[Table]:
    """Measure starts on an empty and on a used data folder, idle memory, and the help text."""
    rounds = 2 if options.quick else 7
    table = Table("Start and idle", ("what", "modelkeep", f"mlflow {VERSION}", "aim", "load"))
    with scratch("startup") as folder:
        table.notes.append(f"Medians of {rounds} starts; files are in the page cache, as on a second start.")
        first = [_start(Home(folder / f"new{place}").start, "/readyz") for place in range(rounds)]
        again = [_start(Home(folder / "new0").start, "/readyz") for _ in range(rounds)]
        theirs = [_start(lambda: Mlflow(folder / "mlflow").start(workers=1), "/health") for _ in range(3)]
        their_seconds = f"{middle([start.seconds for start in theirs[1:]]):.2f} s"
        table.add("first start to ready", _seconds(first), f"{theirs[0].seconds:.2f} s", "<= 2 s", load())
        table.add("later start to ready", _seconds(again), their_seconds, "<= 2 s", load())
        their_memory = megabytes(theirs[-1].memory)
        table.add("idle memory (RSS), 1 worker", _memory(again), their_memory, "<= 150 MB", load())
        table.add("`--help`", f"{_help(folder, rounds):.3f} s", "-", "<= 0.2 s", load())
    yield table


class _Start:
    def __init__(self, start: Callable[[], Server], path: str) -> None:
        with start() as server:
            self.seconds = server.wait(path)
            server.settle()
            self.memory = server.memory()


def _start(start: Callable[[], Server], path: str) -> _Start:
    return _Start(start, path)


def _seconds(starts: list[_Start]) -> str:
    return f"{middle([start.seconds for start in starts]):.2f} s"


def _memory(starts: list[_Start]) -> str:
    return megabytes(middle([start.memory for start in starts]))


def _help(folder: Path, rounds: int) -> float:
    times = []
    for _ in range(rounds * 2):
        started = time.perf_counter()
        environment = {**os.environ, **Home(folder).environment}
        subprocess.run([command("modelkeep"), "--help"], check=True, capture_output=True, timeout=60, env=environment)
        times.append(time.perf_counter() - started)
    return middle(times)
