"""Push and pull, against copying the same files on the same disk and hashing them once."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.modelkeep_server import Home
from benchmarks.processes import Server
from benchmarks.report import Table, load, megabytes, middle
from benchmarks.workspace import Options, say, scratch

_CLIENT: Final = Path(__file__).with_name("transfer_client.py")
_CHUNK: Final = 16 * 1024 * 1024
_TIMEOUT_SECONDS: Final = 600


@dataclass(frozen=True)
class Content:
    """Files to transfer: how many, and of which size in bytes each."""

    name: str
    count: int
    size: int
    aim: str

    @property
    def total(self) -> int:
        """All bytes."""
        return self.count * self.size

    def write(self, folder: Path, seed: int) -> None:
        """Write files of random bytes that no other seed gives."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        block = random.Random(seed).randbytes(min(_CHUNK, self.size))  # noqa: S311 - content, not a secret
        for number in range(self.count):
            with folder.joinpath(f"file-{number:05}.bin").open("wb") as file:
                left, place = self.size, 0
                while left > 0:
                    head = f"{seed} {number} {place}".encode().ljust(32)  # no two blocks are alike
                    piece = (head + block)[: min(left, len(block))]
                    file.write(piece)
                    left, place = left - len(piece), place + 1


@dataclass(frozen=True)
class Cost:
    """Seconds of a command, and the greatest resident size in bytes of its process and of the server."""

    seconds: float
    client: int = 0
    server: int = 0


def run(options: Options) -> Iterator[Table]:
    """Measure one large file, many small ones, and memory at two sizes."""
    large = 200_000_000 if options.quick else 2_000_000_000
    many = 1_000 if options.quick else 10_000
    rounds = 1 if options.quick else 3
    contents = (
        Content("one file of 200 MB", 1, 200_000_000, "-"),
        Content(f"one file of {megabytes(large)}", 1, large, "<= 1.5x"),
        Content(f"{many:,} files of 10 KB", many, 10_000, "-"),
    )
    table = Table(
        "Transfer, 1 server process, SQLite and a local folder as store",
        ("what", "seconds", "MB/s", "cp + sha256sum", "ratio", "aim", "client peak", "server peak", "load"),
    )
    table.notes.append(f"Medians of {rounds}; new content and an empty client cache each time; warm page cache.")
    for content in contents:
        with scratch("transfer") as folder, Home(folder).start() as server:
            server.wait("/readyz")
            measured = [_once(content, folder, server, number) for number in range(rounds)]
        copies = middle([base.seconds for base, _, _ in measured])
        for action, costs in (("push", [push for _, push, _ in measured]), ("pull", [pull for *_, pull in measured])):
            table.add(f"{action} {content.name}", *_cells(content, costs, copies), load())
        say(f"  {content.name} done")
    yield table


def _cells(content: Content, costs: Sequence[Cost], copies: float) -> tuple[str, ...]:
    seconds = middle([cost.seconds for cost in costs])
    return (
        f"{seconds:.2f}",
        f"{content.total / 1e6 / seconds:,.0f}",
        f"{copies:.2f} s",
        f"**{seconds / copies:.2f}x**",
        content.aim,
        megabytes(max(cost.client for cost in costs)),
        megabytes(max(cost.server for cost in costs)),
    )


def _once(content: Content, folder: Path, server: Server, number: int) -> tuple[Cost, Cost, Cost]:
    source, model = folder / "source", f"bench/r{number}"
    content.write(source, number)
    os.sync()  # what was written just now is not to be written back while the clock runs
    base = _baseline(source, folder / "copy")
    push = _client(folder, server, "push", str(source), model)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    os.sync()
    pull = _client(folder, server, "pull", model, str(folder / "pulled"))
    _check(source, folder / "pulled")
    for used in ("copy", "pulled", "cache"):
        shutil.rmtree(folder / used, ignore_errors=True)
    os.sync()
    return base, push, pull


def _baseline(source: Path, copy: Path) -> Cost:
    started = time.perf_counter()
    subprocess.run([_command("cp"), "-r", str(source), str(copy)], check=True, timeout=_TIMEOUT_SECONDS)
    hashing = f"find {copy} -type f -print0 | xargs -0 sha256sum"
    subprocess.run([_command("sh"), "-c", hashing], check=True, capture_output=True, timeout=_TIMEOUT_SECONDS)
    return Cost(time.perf_counter() - started)


def _client(folder: Path, server: Server, *arguments: str) -> Cost:
    environment = {**os.environ, **Home(folder).environment, "MODELKEEP_URL": f"http://127.0.0.1:{server.port}"}
    server.forget_peak()
    started = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, str(_CLIENT), *arguments],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        timeout=_TIMEOUT_SECONDS,
    )
    seconds = time.perf_counter() - started
    return Cost(seconds, int(ended.stdout), server.peak_memory())


def _check(source: Path, pulled: Path) -> None:
    """Compare the files, byte by byte: a fast transfer of other bytes is none."""
    subprocess.run([_command("diff"), "-r", str(source), str(pulled)], check=True, timeout=_TIMEOUT_SECONDS)


def _command(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed")
    return found
