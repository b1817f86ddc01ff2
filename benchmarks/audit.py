"""What the audit log costs a write, and how fast its tree is proved and verified."""

import base64
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.postgres import databases
from benchmarks.report import Table, load, megabytes, middle
from benchmarks.workspace import Options, say, scratch
from modelkeep.app.bootstrap import Services, build, prepare
from modelkeep.app.settings import Settings
from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import ED25519, NoteSignature, SignedNote, VerifierKey
from modelkeep.domains.catalog import NamespaceService
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.merkle import Node, fold, grown, includes, inclusion_spans, leaf_hash, span
from modelkeep.platform.database import Database, open_engines
from modelkeep.platform.signing import new_seed, public_half, sign

WRITERS: Final = (1, 16)
_BLOCK: Final = 50_000
_VERIFY: Final = """
import re, sys, time
from pathlib import Path
from modelkeep.client.verify_audit import main
code = main(sys.argv[1:])
print(time.process_time(), re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
sys.exit(code)
"""
_serial = count()


def run(options: Options) -> Iterator[Table]:
    """Measure audited writes beside the same without audit, then a tree of a million entries."""
    with scratch("audit") as folder:
        table = Table(
            "A namespace is created by the use case, with its audit entry and without",
            ("database", "writers", "audited/s", "CPU ms", "without/s", "CPU ms", "ratio", "CPU", "load"),
        )
        for kind in ("SQLite", "PostgreSQL"):
            with databases(folder, kind, ("audited",)) as urls:
                _writes(table, kind, folder / kind, urls["audited"], options)
        yield table
        yield _tree(folder, 20_000 if options.quick else 1_000_000)


def _writes(table: Table, kind: str, folder: Path, url: str, options: Options) -> None:
    settings = Settings.read({}, data_dir=folder, database_url=url)
    folder.mkdir()
    services = build(settings)
    token = prepare(settings, services)
    actor = services.authentication.authenticate(token, RequestInfo("benchmark"))
    bare = Database(open_engines(settings.database_url))
    without = NamespaceService(bare, services.access, services.access.clock)
    rounds, seconds = (1, 1.0) if options.quick else (3, 3.0)
    for writers in WRITERS:
        measured = [
            (_rate(services.namespaces, actor, writers, seconds), _rate(without, actor, writers, seconds))
            for _ in range(rounds)
        ]
        audited, plain = (
            _Rate(middle([pair[side].writes for pair in measured]), middle([pair[side].cpu for pair in measured]))
            for side in (0, 1)
        )
        cells = (cell for rate in (audited, plain) for cell in (f"{rate.writes:,.0f}", f"{rate.cpu:.2f}"))
        ratios = f"**{audited.writes / plain.writes:.2f}x**", f"{audited.cpu / plain.cpu:.2f}x"
        table.add(kind, writers, *cells, *ratios, load())
        say(f"  {kind}, {writers} writers: {audited.writes:.0f}/s to {plain.writes:.0f}/s")
    _proofs(table, kind, services, actor)
    bare.close()
    services.close()


@dataclass(frozen=True)
class _Rate:
    """Writes a second, and milliseconds of this process's processor time for one; the database's own are not in it."""

    writes: float
    cpu: float


def _rate(namespaces: NamespaceService, actor: Actor, writers: int, seconds: float) -> _Rate:
    until = time.perf_counter() + seconds

    def write(_number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            namespaces.create(actor, f"n{next(_serial)}", description="Made by a benchmark")
            done += 1
        return done

    started, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(writers) as pool:
        done = sum(pool.map(write, range(writers)))
    return _Rate(done / (time.perf_counter() - started), (time.process_time() - used) * 1000 / done)


def _proofs(table: Table, kind: str, services: Services, actor: Actor) -> None:
    started = time.perf_counter()
    size = services.log.publisher.publish()
    published = time.perf_counter() - started
    chance = random.Random(1)  # noqa: S311 - which entries are proved is no secret
    rate = _per_second(lambda: services.proofs.inclusion(actor, chance.randrange(size)))
    table.notes.append(
        f"{kind}: {size:,} entries were published in {published:.1f} s ({size / published:,.0f}/s); one client proves "
        f"{rate:,.0f} entries a second from the database."
    )


def _tree(folder: Path, size: int) -> Table:
    table = Table(f"A log of {size:,} entries", ("what", "result", "load"))
    export, checkpoint = folder / "export.jsonl", folder / "checkpoint"
    say(f"writing an export of {size:,} entries")
    started = time.perf_counter()
    nodes, key = _write(export, checkpoint, size)
    say(f"  {time.perf_counter() - started:.0f} s")
    command = [sys.executable, "-c", _VERIFY, str(export), str(checkpoint), "--vkey", str(key)]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    elapsed = time.perf_counter() - started
    processor, memory = map(float, done.stdout.splitlines()[-1].split())
    table.add("offline verification", f"**{elapsed:.1f} s**, {size / elapsed:,.0f} entries/s", load())
    table.add("its processor time", f"{processor:.1f} s, {size / processor:,.0f} entries/s", load())
    table.add("its greatest memory", megabytes(memory * 1024), load())
    table.notes.append(f"The export has {megabytes(export.stat().st_size)}.")
    chance, root = random.Random(1), fold(span(0, size), nodes)  # noqa: S311 - as above

    def prove() -> tuple[int, list[bytes]]:
        index = chance.randrange(size)
        return index, [fold(parts, nodes) for parts in inclusion_spans(index, size)]

    index, proof = prove()
    table.add("inclusion proofs made", f"{_per_second(prove):,.0f}/s", load())
    leaf = nodes[Node(0, index)]
    table.add(
        "inclusion proofs verified",
        f"{_per_second(lambda: includes(root, size, index, leaf, proof)):,.0f}/s",
        load(),
    )
    return table


def _write(export: Path, checkpoint: Path, size: int) -> tuple[dict[Node, bytes], VerifierKey]:
    """Write entries of the size that real ones have, and a checkpoint over them."""
    nodes: dict[Node, bytes] = {}
    with export.open("w") as file:
        for first in range(0, size, _BLOCK):
            hashes = []
            for seq in range(first, min(size, first + _BLOCK)):
                leaf = _leaf(seq)
                hashes.append(leaf_hash(leaf))
                line = {"seq": seq, "leaf": base64.b64encode(leaf).decode(), "leaf_hash": hashes[-1].hex()}
                file.write(json.dumps(line) + "\n")
            nodes |= grown(first, hashes, nodes)
    seed = new_seed()
    key = VerifierKey("benchmark", ED25519, public_half(seed))
    text = Checkpoint(key.name, size, fold(span(0, size), nodes)).text
    signature = NoteSignature(key.name, key.id, sign(seed, text.encode()))
    checkpoint.write_text(str(SignedNote(text).signed(signature)))
    return nodes, key


def _leaf(seq: int) -> bytes:
    document = {
        "action": "catalog.version_registered",
        "actor": {"id": "01a19b7c-a681-7115-a9a0-d103693269d1", "type": "user", "via_token_id": None},
        "after_digest": f"sha256:{seq:064x}",
        "before_digest": None,
        "data": {"number": seq, "version": "1.0.0"},
        "pii_commitments": {},
        "request_id": f"01a19b7c-a685-72d2-b789-{seq:012x}",
        "resource": "fraud/scorer:1.0.0",
        "seq": seq,
        "ts": f"2026-11-16T09:{seq // 60_000_000:02}:{seq // 1_000_000:02}.{seq % 1_000_000:06}Z",
        "v": 1,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _per_second(act: Callable[[], object]) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() < started + 1:
        act()
        done += 1
    return done / (time.perf_counter() - started)
