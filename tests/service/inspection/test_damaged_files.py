"""Damaged and hostile variants of valid files: a reader says so, quickly, in little memory, and tells nothing else."""

import gzip
import random
import resource
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from tests.service.inspection.test_real_models import MODELS
from tests.shipped_models import ShippedModels
from tests.soak import rounds

from modelkeep.domains.inspection.domain.facts import FormatFacts, counted
from modelkeep.domains.inspection.domain.formats import read_facts
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

FILES = Path(__file__).parents[2] / "model_files"
NAMES = sorted(file.name for file in FILES.iterdir() if file.name != "README.md")
EXTREMES = [b"\xff" * 8, b"\0" * 8, (2**31 - 1).to_bytes(8, "little"), (2**63).to_bytes(8, "little"), b"9" * 8]
SECONDS = 5.0
MEGABYTES = 512


def read_if_readable(name: str, content: bytes) -> FormatFacts | None:
    try:
        return read_facts(name, Window(BytesIO(content)))
    except UnreadableFileError:
        return None


def flip(data: bytearray, place: int, chance: random.Random) -> None:
    data[place] ^= 1 << chance.randrange(8)


def replace(data: bytearray, place: int, chance: random.Random) -> None:
    data[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])


def drop(data: bytearray, place: int, chance: random.Random) -> None:
    del data[place : place + chance.choice([1, 4, 16, 200])]


def repeat(data: bytearray, place: int, chance: random.Random) -> None:
    data[place:place] = data[place : place + chance.choice([1, 8, 64])]


def overstate(data: bytearray, place: int, chance: random.Random) -> None:
    data[place : place + 8] = chance.choice(EXTREMES)


def cut(data: bytearray, place: int, _chance: random.Random) -> None:
    del data[place:]


CHANGES: list[Callable[[bytearray, int, random.Random], None]] = [flip, replace, drop, repeat, overstate, cut]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change a few places, most of them near the beginning, where the headers are."""
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        if not changed:
            break
        place = chance.randrange(len(changed))
        if chance.random() < 0.6:
            place = min(place, chance.randrange(400)) % len(changed)
        chance.choice(CHANGES)(changed, place, chance)
    return bytes(changed)


def check_mutations(name: str, data: bytes, mutations: int) -> None:
    chance = random.Random(name)  # noqa: S311 - the same mutations each time
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(mutations):
        content, started = mutated(data, chance), time.process_time()
        facts = read_if_readable(name, content)
        assert time.process_time() - started < SECONDS
        if facts is not None and facts.tensors:
            assert facts.parameter_count in (None, counted(facts.tensors))
            spans = [tensor.span for tensor in facts.tensors if tensor.span is not None]
            assert all(span.start >= 0 and span.start + span.length <= len(content) for span in spans)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < MEGABYTES


@pytest.mark.parametrize("name", NAMES)
def test_a_mutated_file_is_unreadable_or_its_facts_agree_with_each_other(name: str) -> None:
    check_mutations(name, (FILES / name).read_bytes(), rounds(ci=60, soak=2000))


@pytest.mark.parametrize("name", [model.file for model in MODELS])
def test_so_is_a_mutated_model_of_a_package(name: str, shipped_models: ShippedModels) -> None:
    check_mutations(name, shipped_models.read(name), rounds(ci=5, soak=200))


BOMBS = {
    "nested.pkl": b"\x80\x04" + b"(" * 900_000,
    "lists.pkl": b"\x80\x04" + b"]" * 900_000 + b".",
    "memo.pkl": b"\x80\x04](" + b"h\0" * 10 + b"]\x94" * 400_000 + b".",
    "doubling.pkl": b"\x80\x04]\x94" + b"(h\0h\0l\x94" * 100_000 + b".",
    "recursive.pkl": b"\x80\x04]\x94h\0a.",
    "deep.json": b'{"learner":' + b"[" * 100_000,
    "deep.safetensors": (200_001).to_bytes(8, "little") + b"{" + b'"a":{' * 40_000,
    "header.safetensors": (2**63).to_bytes(8, "little") + b"{}",
    "empty_items.safetensors": (8_388_607).to_bytes(8, "little") + b'{"a":[' + b"[]," * 2_796_199 + b"[]]}",
    "nested.onnx": b"".join([b"\x3a\xff\xff\xff\xff\x07"] * 1000),
    "graphs.onnx": b"\x3a\x00" * 500_000,
    "pairs.gguf": b"GGUF\x03\0\0\0" + (0).to_bytes(8, "little") + (2**40).to_bytes(8, "little"),
    "array.gguf": b"GGUF\x03\0\0\0"
    + (0).to_bytes(8, "little")
    + (1).to_bytes(8, "little")
    + (1).to_bytes(8, "little")
    + b"k"
    + (9).to_bytes(4, "little")
    + (8).to_bytes(4, "little")
    + (2**50).to_bytes(8, "little")
    + b"\0" * 12_000_000,
    "literal.npy": b"\x93NUMPY\x01\0\xf0\x3f" + b"(" * 16_368,
    "long.ubj": b"{L" + (1).to_bytes(8, "big") + b"a[#L" + (2**40).to_bytes(8, "big") + b"Z" * 1_000_000,
    "aliases/MLmodel": b"a: &a [x,x]\nb: &b [*a,*a]\nflavors: {x: *b}\n",
    "deep/MLmodel": b"flavors: " + b"[" * 60_000,
}
PACKED = "gzip.pkl"


def bomb(name: str) -> bytes:
    """Return one of the bombs; the packed one takes seconds to make."""
    if name != PACKED:
        return BOMBS[name]
    return gzip.compress(b"\x80\x04" + b"\x8e" + (2**28).to_bytes(8, "little") + bytes(2**28) + b".", compresslevel=1)


@pytest.mark.parametrize("name", [*BOMBS, PACKED])
def test_a_bomb_goes_off_nowhere(name: str) -> None:
    content = bomb(name)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    read_if_readable(name, content)
    assert time.process_time() - started < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024 < MEGABYTES
