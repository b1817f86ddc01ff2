"""A client of the kill tests: pushes one version after the other, and notes each one that was acknowledged.

`python -m tests.e2e.pushing_client MODEL FOLDER`: what it pushes depends on the model and the number of the push alone,
so that a client started after one that was killed does again what that one was doing.
"""

import json
import random
import sys
from pathlib import Path

from modelkeep.client import (
    BlockedError,
    ConflictError,
    Registry,
    ServerUnreachableError,
    UnavailableError,
    resolve_settings,
)
from modelkeep.client.cache import Cache
from modelkeep.client.retries import Retries

HURRIED = Retries(tries=3, first_wait=0.1, factor=1.5, budget=3)
STOP = "stop"
SIZES = {
    "config.json": 100,
    "weights/layer-1.bin": 40_000,
    "weights/layer-2.bin": 1_300_000,
    "tokens/a": 0,
    "tokens/b": 9,
}


def push_until_told_to_stop(model: str, folder: Path) -> None:
    """Push, again where the server went away; end after a push when the file `stop` is there."""
    acknowledged = folder / f"{model}.acknowledged"
    with Registry(resolve_settings(), cache=Cache(folder / "cache"), retries=HURRIED) as registry:
        while True:
            number = _lines(acknowledged) + 1
            try:
                version = registry.push(a_version(folder / model, model, number), model, detect_code=False)
            except (ServerUnreachableError, UnavailableError, BlockedError, ConflictError) as error:
                print(number, error, flush=True)  # noqa: T201 - read when the test fails
                continue
            noted = {"number": version.number, "version": version.version, "digest": str(version.manifest_digest)}
            with acknowledged.open("a") as file:
                file.write(json.dumps(noted | {"pushed": number, "audit": version.document["audit"]}) + "\n")
            if (folder / STOP).exists():
                return


def a_version(folder: Path, model: str, number: int) -> Path:
    """Make the files of a version; the last of them is the same in all versions."""
    for path, size in SIZES.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        seed = f"{model} {number} {path}" if path != "vocabulary.txt" else path
        target.write_bytes(random.Random(seed).randbytes(size))  # noqa: S311 - the same bytes each time are the point
    return folder


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


if __name__ == "__main__":
    push_until_told_to_stop(sys.argv[1], Path(sys.argv[2]))
