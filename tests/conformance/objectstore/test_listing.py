from concurrent.futures import ThreadPoolExecutor

import pytest

from modelkeep.platform.objectstore import InvalidKeyError, ObjectStore, Staging

KEYS = ["a", "b/1", "b/2/3", "b2/1", "b.x", "c/b/1", "c/stagingarea"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", KEYS),
        ("b", ["b/1", "b/2/3"]),
        ("b/", ["b/1", "b/2/3"]),
        ("b/2", ["b/2/3"]),
        ("a", []),
        ("b/1", []),
        ("c", ["c/b/1", "c/stagingarea"]),
        ("nothing", []),
    ],
)
def test_a_prefix_is_made_of_whole_segments(store: ObjectStore, prefix: str, expected: list[str]) -> None:
    for key in KEYS:
        store.put({key: key.encode()})
    found = {item.key: item.size for item in store.list(prefix)}
    assert found == {key: len(key) for key in expected}


@pytest.mark.parametrize("prefix", ["/", "..", "a//b", "../x", "staging", "a\\b"])
def test_a_prefix_that_is_no_key_is_refused(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(InvalidKeyError):
        store.list(prefix)


def test_staged_writes_are_never_listed(store: ObjectStore) -> None:
    staging = Staging("upload", 4, 2)
    store.write_part(staging, 1, [b"ab"])
    assert list(store.list("")) == []
    store.write_part(staging, 2, [b"cd"])
    store.publish(staging, "key", lambda _: None, lambda: None)
    assert [found.key for found in store.list("")] == ["key"]


def test_more_objects_than_one_answer_holds_are_listed_and_deleted(store: ObjectStore) -> None:
    keys = {f"many/{number % 7}/{number:05}" for number in range(1_050)}
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: store.put({key: b"x"}), keys))
    found = [item.key for item in store.list("many")]
    assert len(found) == len(keys)
    assert set(found) == keys
    assert {item.key for item in store.list("many/3")} == {key for key in keys if key.startswith("many/3/")}
    store.delete(iter(found))
    assert list(store.list("")) == []
