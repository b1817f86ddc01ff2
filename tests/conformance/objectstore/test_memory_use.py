import json
import subprocess
import sys

import pytest
from tests.conformance.objectstore.conftest import Place

# Runs in a process of its own, so that nothing else counts. Prints how much the peak of its memory grew, in bytes.
PROGRAM = """
import hashlib, json, re, sys
from pathlib import Path
from modelkeep.platform.objectstore import Staging, open_store

MIB = 1024 * 1024
url, options = json.loads(sys.argv[1])
store = open_store(url, options=options)

def publish(name, size, part_size):
    staging, block = Staging(name, size, part_size), bytes(MIB)
    for number in range(1, staging.part_count + 1):
        store.write_part(staging, number, (block[1:] + b"x" for _ in range(part_size // MIB)))
    hasher = hashlib.sha256()
    store.publish(staging, name, hasher.update, lambda: None)

def peak():  # getrusage would count the process that started this one
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

publish("small", MIB, MIB)
before = peak()
publish("large", 300 * MIB, 50 * MIB)
written = peak() - before
assert sum(len(chunk) for chunk in store.read("large")) == 300 * MIB
print(json.dumps([written, peak() - before]))
"""


@pytest.mark.parametrize("place", ["local", "ceph", "moto", "azurite"], indirect=True)
def test_publishing_and_reading_300_mb_takes_less_than_60_mb_of_memory(place: Place) -> None:
    arguments = json.dumps([place.url, dict(place.options)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    written, read = json.loads(done.stdout)
    assert max(written, read) < 60_000_000
