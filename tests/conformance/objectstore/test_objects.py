import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.conformance.objectstore.conftest import REMOTE

from modelkeep.platform.objectstore import (
    InvalidKeyError,
    InvalidRangeError,
    ObjectNotFoundError,
    ObjectStore,
    Staging,
    StoredObject,
)

MIB = 1024 * 1024
TEXT = b"0123456789"

UNUSUAL = [
    "a b/c  d",
    "100%/a%20b%2Fc",
    "plus+and&equals=semi;comma,",
    "hash#question?star*colon:at@",
    "quotes'\"`/brackets[]{}()<>|^~!$",
    "ünïcödé/日本語/emoji😀",
    "trailing space /.hidden/-dash/..two",
    "blobs/sha256/ab/" + "f" * 64,
    "s" * 255,
]
ILLEGAL = [
    "",
    "/",
    "/etc/passwd",
    "a/",
    "a//b",
    ".",
    "..",
    "../up",
    "a/../../up",
    "a/./b",
    "a/b.",
    "back\\slash",
    "nul\0",
    "line\nbreak",
    "lone\ud800surrogate",
    "staging",
    "staging/upload/00001",
    "s" * 256,
    "long/" * 102 + "end",
]


def content(store: ObjectStore, key: str) -> bytes:
    return b"".join(store.read(key))


@pytest.mark.parametrize("size", [0, 1, 4 * MIB, 4 * MIB + 1, 9 * MIB])
def test_what_was_put_is_read_back(store: ObjectStore, size: int) -> None:
    data = (TEXT * (size // len(TEXT) + 1))[:size]
    store.put({"models/one": data})
    assert content(store, "models/one") == data
    assert store.find("models/one") == StoredObject("models/one", size)


def test_a_second_put_replaces_the_object(store: ObjectStore) -> None:
    store.put({"key": b"first and longer"})
    store.put({"key": b"second"})
    assert content(store, "key") == b"second"
    assert store.find("key") == StoredObject("key", 6)


@pytest.mark.parametrize("start", [0, 1, 9, 10, 11, 500])
@pytest.mark.parametrize("end", [None, 0, 1, 9, 10, 11, 500])
@pytest.mark.parametrize("data", [TEXT, b""], ids=["ten bytes", "empty"])
def test_a_range_is_half_open_and_cut_off_at_the_end(
    store: ObjectStore, start: int, end: int | None, data: bytes
) -> None:
    if end is not None and end < start:
        return
    store.put({"key": data})
    assert b"".join(store.read("key", start=start, end=end)) == data[start:end]


@pytest.mark.parametrize(("start", "end"), [(-1, None), (-5, -1), (5, 4), (0, -1)])
def test_a_range_that_cannot_be_meant_is_refused(store: ObjectStore, start: int, end: int | None) -> None:
    store.put({"key": TEXT})
    with pytest.raises(InvalidRangeError):
        store.read("key", start=start, end=end)


@pytest.mark.parametrize("place", ["local", *REMOTE], indirect=True)  # memory hands out the whole
def test_chunks_are_of_about_the_size_asked_for(store: ObjectStore) -> None:
    store.put({"key": bytes(5 * MIB)})
    sizes = [len(chunk) for chunk in store.read("key", chunk_size=MIB)]
    assert sum(sizes) == 5 * MIB
    assert all(0 < size < 2 * MIB for size in sizes)


@pytest.mark.parametrize("end", [None, 0, 5])
def test_a_missing_object_is_told_by_the_call_itself(store: ObjectStore, end: int | None) -> None:
    store.put({"folder/key": TEXT})
    for key in ("nothing", "folder", "folder/key2"):
        with pytest.raises(ObjectNotFoundError, match=key):
            store.read(key, end=end)
        assert store.find(key) is None


def test_deleted_objects_are_gone_and_missing_ones_are_no_matter(store: ObjectStore) -> None:
    for key in ("a/1", "a/2", "a/3"):
        store.put({key: TEXT})
    store.delete(["a/missing", "a/1", "b/missing", "a", "a/3", "a/1"])
    store.delete([])
    store.delete(iter(["a/1"]))
    assert [found.key for found in store.list("")] == ["a/2"]


@pytest.mark.parametrize("key", UNUSUAL)
def test_a_key_may_have_unusual_characters(store: ObjectStore, key: str) -> None:
    store.put({key: TEXT})
    assert content(store, key) == TEXT
    assert store.find(key) == StoredObject(key, 10)
    assert list(store.list("")) == [StoredObject(key, 10)]
    store.delete([key])
    assert store.find(key) is None


@pytest.mark.parametrize("key", ILLEGAL)
def test_a_key_that_some_store_could_not_keep_is_refused_by_all(store: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidKeyError):
        store.put({key: TEXT})
    with pytest.raises(InvalidKeyError):
        store.read(key)
    with pytest.raises(InvalidKeyError):
        store.find(key)
    with pytest.raises(InvalidKeyError):
        store.delete([key])
    with pytest.raises(InvalidKeyError):
        store.publish(Staging("u", 1, 1), key, lambda _: None, lambda: None)


def test_readers_see_the_old_object_or_the_new_one_and_never_a_mixture(store: ObjectStore) -> None:
    versions = [bytes([number]) * (MIB + number) for number in range(1, 6)]
    store.put({"key": versions[0]})
    done = threading.Event()

    def reads() -> set[bytes]:
        seen = set()
        while not done.is_set():
            seen.add(content(store, "key"))
        return seen

    with ThreadPoolExecutor(2) as readers:
        results = [readers.submit(reads) for _ in range(2)]
        try:
            for data in versions * 3:
                store.put({"key": data})
        finally:
            done.set()
    assert set().union(*(result.result() for result in results)) <= set(versions)


def test_of_writers_at_once_one_wins_whole(store: ObjectStore) -> None:
    versions = [bytes([number]) * (9 * MIB + number) for number in range(4)]
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda data: store.put({"key": data}), versions))
    assert content(store, "key") in versions
    assert [found.key for found in store.list("")] == ["key"]


def test_bytes_stream_from_one_object_into_a_part_of_another(store: ObjectStore) -> None:
    store.put({"source": bytes(9 * MIB)})
    staging = Staging("copy", 9 * MIB, 9 * MIB)
    store.write_part(staging, 1, store.read("source", chunk_size=MIB))
    assert store.parts(staging) == {1}


def test_a_store_that_works_passes_its_check(store: ObjectStore) -> None:
    store.check()
    assert list(store.list("")) == []
