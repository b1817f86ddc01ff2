import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from modelkeep.platform.objectstore import (
    MAX_PARTS,
    InvalidKeyError,
    ObjectStore,
    ObjectStoreUnavailableError,
    PartSizeError,
    Staging,
    StagingIncompleteError,
    StagingSealedError,
)

MIB = 1024 * 1024
PARTS = {1: b"aaaa", 2: b"bbbb", 3: b"cc"}
WHOLE = b"aaaabbbbcc"


class DisconnectedError(OSError):
    """What a server raises when its client is gone."""


class RefusedError(Exception):
    """What a caller raises that does not accept."""


def a_staging(name: str = "upload/digest") -> Staging:
    return Staging(name, 10, 4)


def a_whole_staging(store: ObjectStore, name: str = "upload/digest") -> Staging:
    staging = a_staging(name)
    for number, data in PARTS.items():
        store.write_part(staging, number, [data])
    return staging


def publish(store: ObjectStore, staging: Staging, key: str = "key") -> bytes:
    observed: list[bytes] = []
    store.publish(staging, key, observed.append, lambda: None)
    return b"".join(observed)


def refuse() -> None:
    raise RefusedError


def unexpected(_chunk: bytes = b"") -> None:
    raise AssertionError


def content(store: ObjectStore, key: str = "key") -> bytes:
    return b"".join(store.read(key))


def broken(data: bytes) -> Iterator[bytes]:
    yield data
    raise DisconnectedError


def test_a_plan_numbers_its_parts_from_one() -> None:
    staging = a_staging()
    assert staging.part_count == 3
    assert [staging.part(number) for number in (1, 2, 3)] == [(0, 4), (4, 4), (8, 2)]
    assert Staging("even", 8, 4).part_count == 2
    assert (Staging("empty", 0, 4).part_count, Staging("empty", 0, 4).part(1)) == (1, (0, 0))
    for number in (-1, 0, 4):
        with pytest.raises(PartSizeError):
            staging.part(number)


@pytest.mark.parametrize(("size", "part_size"), [(-1, 4), (4, 0), (4, -1), (MAX_PARTS + 1, 1)])
def test_a_plan_that_no_store_can_carry_out_is_refused(size: int, part_size: int) -> None:
    with pytest.raises(PartSizeError):
        Staging("upload", size, part_size)


@pytest.mark.parametrize("name", ["", "/", "a/", "/a", "a//b", "..", ".parts", "a/.data", "a b", "ü", "a" * 129])
def test_a_staging_id_has_only_plain_characters(store: ObjectStore, name: str) -> None:
    with pytest.raises(InvalidKeyError):
        Staging(name, 1, 1)
    with pytest.raises(InvalidKeyError):
        store.discard(name)


def test_parts_arrive_in_any_order_and_again(store: ObjectStore) -> None:
    staging = a_staging()
    assert store.parts(staging) == frozenset()
    store.write_part(staging, 3, [b"c", b"c"])
    assert store.parts(staging) == {3}
    store.write_part(staging, 1, [b"xxxx"])
    store.write_part(staging, 1, [b"a", b"aa", b"", b"a"])
    assert store.parts(staging) == {1, 3}
    store.write_part(staging, 2, iter([b"bbbb"]))
    assert store.parts(staging) == {1, 2, 3}
    assert publish(store, staging) == WHOLE
    assert content(store) == WHOLE
    assert store.parts(staging) == frozenset()


def test_parts_may_arrive_at_once(store: ObjectStore) -> None:
    staging = Staging("upload", 8 * MIB, MIB)
    with ThreadPoolExecutor(8) as senders:
        list(senders.map(lambda n: store.write_part(staging, n, [bytes([n]) * MIB]), range(1, 9)))
    assert store.parts(staging) == set(range(1, 9))
    assert publish(store, staging) == b"".join(bytes([n]) * MIB for n in range(1, 9))


def test_an_empty_object_has_one_empty_part(store: ObjectStore) -> None:
    staging = Staging("upload", 0, 4)
    with pytest.raises(StagingIncompleteError):
        publish(store, staging)
    store.write_part(staging, 1, [])
    assert store.parts(staging) == {1}
    assert publish(store, staging) == b""
    assert content(store) == b""


@pytest.mark.parametrize("size", [MIB, 9 * MIB], ids=["one request", "multipart"])
def test_a_torn_part_does_not_count(store: ObjectStore, size: int) -> None:
    staging = Staging("upload", size, size)
    with pytest.raises(DisconnectedError):
        store.write_part(staging, 1, broken(bytes(size)))
    with pytest.raises(DisconnectedError):
        store.write_part(staging, 1, broken(bytes(size // 2)))
    assert store.parts(staging) == frozenset()
    with pytest.raises(StagingIncompleteError):
        publish(store, staging)
    assert store.find("key") is None
    store.write_part(staging, 1, [bytes(size)])
    assert publish(store, staging) == bytes(size)


@pytest.mark.parametrize("data", [[b"bbb"], [], [b"bbb", b"bb"], [b"bbbbccc"]])
def test_a_part_of_another_length_is_refused_and_harms_no_other(store: ObjectStore, data: list[bytes]) -> None:
    staging = a_staging()
    store.write_part(staging, 1, [PARTS[1]])
    store.write_part(staging, 3, [PARTS[3]])
    with pytest.raises(PartSizeError):
        store.write_part(staging, 2, data)
    assert store.parts(staging) == {1, 3}
    store.write_part(staging, 2, [PARTS[2]])
    assert publish(store, staging) == WHOLE


@pytest.mark.parametrize("number", [-1, 0, 4])
def test_a_part_outside_the_plan_is_refused(store: ObjectStore, number: int) -> None:
    with pytest.raises(PartSizeError):
        store.write_part(a_staging(), number, [b"aaaa"])


def test_publishing_tells_which_parts_are_missing(store: ObjectStore) -> None:
    staging = a_staging()
    store.write_part(staging, 2, [PARTS[2]])
    with pytest.raises(StagingIncompleteError) as raised:
        store.publish(staging, "key", unexpected, unexpected)
    assert raised.value.details == {"missing": [1, 3]}
    assert store.find("key") is None
    assert store.parts(staging) == {2}


def test_after_a_refusal_nothing_is_visible_and_a_part_can_be_sent_anew(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    store.write_part(staging, 2, [b"evil"])
    with pytest.raises(RefusedError):
        store.publish(staging, "key", lambda _: None, refuse)
    assert store.find("key") is None
    assert list(store.list("")) == []
    assert store.parts(staging) == {1, 2, 3}
    store.write_part(staging, 2, [PARTS[2]])
    assert publish(store, staging) == WHOLE
    assert content(store) == WHOLE


def test_after_a_refusal_the_staging_can_be_discarded(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    with pytest.raises(RefusedError):
        store.publish(staging, "key", lambda _: None, refuse)
    store.discard(staging.id)
    assert store.parts(staging) == frozenset()
    with pytest.raises(StagingIncompleteError):
        publish(store, staging)


def test_a_refusal_does_not_touch_the_object_that_was_there(store: ObjectStore) -> None:
    store.put({"key": b"earlier"})
    with pytest.raises(RefusedError):
        store.publish(a_whole_staging(store), "key", lambda _: None, refuse)
    assert content(store) == b"earlier"


def test_a_failure_of_the_observer_passes_through(store: ObjectStore) -> None:
    staging = Staging("upload", 20 * MIB, 10 * MIB)
    for number in (1, 2):
        store.write_part(staging, number, [bytes(10 * MIB)])
    seen = []

    def observe(chunk: bytes) -> None:
        seen.append(len(chunk))
        if sum(seen) > 15 * MIB:
            raise DisconnectedError

    with pytest.raises(DisconnectedError):
        store.publish(staging, "key", observe, unexpected)
    assert store.find("key") is None
    assert publish(store, staging) == bytes(20 * MIB)


def test_publishing_runs_the_callbacks_in_the_calling_thread(store: ObjectStore) -> None:
    threads: list[int] = []
    store.publish(
        a_whole_staging(store),
        "key",
        lambda _: threads.append(threading.get_ident()),
        lambda: threads.append(threading.get_ident()),
    )
    assert set(threads) == {threading.get_ident()}


def test_callbacks_may_use_the_store(store: ObjectStore) -> None:
    store.put({"other": b"other"})
    staging = Staging("upload", 18 * MIB, 9 * MIB)
    for number in (1, 2):
        store.write_part(staging, number, [bytes(9 * MIB)])
    store.publish(staging, "key", lambda _: store.check(), lambda: store.put({"accepted": content(store, "other")}))
    assert content(store, "accepted") == b"other"
    assert content(store) == bytes(18 * MIB)


def test_publishing_again_changes_nothing(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    publish(store, staging)
    store.publish(staging, "key", unexpected, unexpected)
    assert content(store) == WHOLE
    with pytest.raises(StagingIncompleteError):
        store.publish(staging, "another", unexpected, unexpected)
    store.discard("upload")
    assert content(store) == WHOLE


def test_an_object_of_somebody_else_does_not_stand_for_bytes_that_were_not_sent(store: ObjectStore) -> None:
    publish(store, a_whole_staging(store, "owner"))
    with pytest.raises(StagingIncompleteError):
        store.publish(a_staging("thief"), "key", unexpected, unexpected)
    thief = a_staging("thief")
    store.write_part(thief, 1, [PARTS[1]])
    with pytest.raises(StagingIncompleteError):
        store.publish(thief, "key", unexpected, unexpected)


def test_two_publishers_of_one_staging_both_succeed(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    with ThreadPoolExecutor(4) as publishers:
        seen = list(publishers.map(lambda _: publish(store, staging), range(4)))
    assert WHOLE in seen
    assert content(store) == WHOLE


def test_two_stagings_of_one_key_both_succeed(store: ObjectStore) -> None:
    stagings = [a_whole_staging(store, f"upload{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as publishers:
        seen = list(publishers.map(lambda staging: publish(store, staging), stagings))
    assert seen == [WHOLE] * 4
    assert content(store) == WHOLE


def test_large_objects_published_at_once_under_one_key_are_not_mixed(store: ObjectStore) -> None:
    stagings = [Staging(f"upload{number}", 20 * MIB, 20 * MIB) for number in range(3)]
    for number, staging in enumerate(stagings):
        store.write_part(staging, 1, [bytes([number]) * (20 * MIB)])

    def published(staging: Staging) -> bytes:
        for _ in range(3):
            with suppress(ObjectStoreUnavailableError):  # a store may let only the first of them win
                return publish(store, staging)
        return b"never published"

    with ThreadPoolExecutor(3) as publishers:
        seen = list(publishers.map(published, stagings))
    assert seen == [bytes([number]) * (20 * MIB) for number in range(3)]
    assert content(store) in seen


def test_what_becomes_visible_is_what_was_observed(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    observed: list[bytes] = []

    def observe(chunk: bytes) -> None:
        observed.append(chunk)
        for number, data in PARTS.items():
            with suppress(StagingSealedError):
                store.write_part(staging, number, [data.upper()])

    store.publish(staging, "key", observe, lambda: None)
    assert content(store) == b"".join(observed)


def test_a_slow_request_cannot_change_what_is_published(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    started, finish = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield b"b"
        started.set()
        finish.wait(30)
        yield b"bad"

    def send() -> None:
        with suppress(StagingSealedError):
            store.write_part(staging, 2, slow())

    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(send)
        started.wait(30)
        try:
            store.write_part(staging, 2, [PARTS[2]])
            assert publish(store, staging) == WHOLE
        finally:
            finish.set()
        sending.result()
    assert content(store) == WHOLE


def test_discarding_drops_whole_segments_only(store: ObjectStore) -> None:
    kept = [a_whole_staging(store, name) for name in ("upload", "upload10/a", "other/upload1/a")]
    dropped = [a_whole_staging(store, name) for name in ("upload1", "upload1/a", "upload1/b/c")]
    store.discard("upload1")
    store.discard("upload1")
    store.discard("never/was")
    assert [store.parts(staging) for staging in kept] == [{1, 2, 3}] * 3
    assert [store.parts(staging) for staging in dropped] == [frozenset()] * 3
    assert publish(store, a_whole_staging(store, "upload1/a")) == WHOLE


def test_a_staging_discarded_while_it_is_published_leaves_all_or_nothing(store: ObjectStore) -> None:
    staging = a_whole_staging(store)
    with suppress(StagingIncompleteError):
        store.publish(staging, "key", lambda _: store.discard("upload"), lambda: None)
    found = store.find("key")
    assert found is None or content(store) == WHOLE
