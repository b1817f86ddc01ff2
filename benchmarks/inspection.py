"""What reading the headers of a large model costs, against reading the same bytes and nothing more."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.report import Table, load, middle
from benchmarks.workspace import Options, scratch
from modelkeep.domains.inspection.domain.formats import read_facts
from modelkeep.domains.inspection.domain.formats.windows import Window
from modelkeep.platform.sandbox import Completed, Sandbox

_GUEST: Final = "modelkeep.domains.inspection.domain.reading"
_TENSORS: Final = 300


class _Counted:
    """A file as the sandbox reads it, and how much of it was read."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self.read_bytes = path, path.stat().st_size, 0

    def read(self, offset: int, length: int) -> bytes:
        """Return a range."""
        self.read_bytes += length
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def run(options: Options) -> Iterator[Table]:
    """Measure a safetensors file of 1 GB: a plain read of its header, our reader, and the whole sandboxed run."""
    rounds = 3 if options.quick else 15
    table = Table("Inspection of a safetensors file of 1 GB", ("what", "median", "ratio", "bytes read", "aim", "load"))
    with scratch("inspection") as folder:
        path = folder / "model.safetensors"
        header = _write(path)
        plain = _median(lambda: _plain(path), rounds)
        ours = _median(lambda: _facts(path), rounds)
        sandbox, source = Sandbox.measure(), _Counted(path)
        confined = _median(lambda: _confined(sandbox, source), rounds)
        table.add("plain read of the header, parsed as JSON", _ms(plain), "1", header, "-", load())
        table.add("our reader, in this process", _ms(ours), f"{ours / plain:.1f}", header, "<= 50 ms", load())
        read = source.read_bytes // rounds
        table.add(
            "in the sandbox, with the start of its process",
            _ms(confined),
            f"{confined / plain:.0f}",
            read,
            "<= 50 ms",
            load(),
        )
        table.notes.append(f"{_TENSORS} tensors; the file is sparse, so that only its header is in the page cache.")
    yield table


def _write(path: Path) -> int:
    size = 2**30 // _TENSORS // 4 * 4
    tensors = {
        f"model.layers.{place}.weight": {
            "dtype": "F32",
            "shape": [size // 4],
            "data_offsets": [place * size, (place + 1) * size],
        }
        for place in range(_TENSORS)
    }
    text = json.dumps(tensors).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + size * _TENSORS)
    return 8 + len(text)


def _plain(path: Path) -> None:
    with path.open("rb") as file:
        json.loads(file.read(int.from_bytes(file.read(8), "little")))


def _facts(path: Path) -> None:
    with path.open("rb") as file:
        found = read_facts(path.name, Window(file))
    if found is None or len(found.tensors) != _TENSORS:
        raise RuntimeError(found)


def _confined(sandbox: Sandbox, source: _Counted) -> None:
    outcome = sandbox.run(_GUEST, [source], {"paths": ["model.safetensors"], "heads_only": False})
    if not isinstance(outcome, Completed):
        raise RuntimeError(outcome)  # noqa: TRY004 - no type of an argument


def _median(act: Callable[[], None], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return middle(times)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
