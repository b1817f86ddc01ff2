import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from tests.conformance.objectstore.conftest import REMOTE, Place
from tests.servers import moto
from tests.servers.processes import running
from tests.servers.s3 import S3Server

from modelkeep.platform.objectstore import (
    InvalidKeyError,
    InvalidStoreUrlError,
    Limits,
    ObjectStore,
    ObjectStoreUnavailableError,
    Staging,
    StoreFullError,
    open_store,
)

MIB = 1024 * 1024
SECRET = "kept0secret0AAAA"
HURRIED = Limits(
    connect=timedelta(seconds=1), silence=timedelta(seconds=0.3), retries=1, retry_for=timedelta(seconds=2)
)
REMOTE_URLS = {
    "s3": ("s3://bucket/p?endpoint={}&region=r1", {"access_key_id": "me", "secret_access_key": SECRET}),
    "az": ("az://bucket/p?endpoint={}&account=me", {"account_key": SECRET}),
    "sas": ("az://bucket/p?endpoint={}&account=me", {"sas_key": f"sv=2021-12-02&sig={SECRET}"}),
    "gs": ("gs://bucket/p?endpoint={}", {"bearer_token": SECRET}),
}
STAGING = Staging("upload", 20 * MIB, 10 * MIB)
CALLS: dict[str, Callable[[ObjectStore], object]] = {
    "put": lambda store: store.put({"key": b"data"}),
    "read": lambda store: list(store.read("key")),
    "read range": lambda store: list(store.read("key", start=1, end=2)),
    "find": lambda store: store.find("key"),
    "list": lambda store: list(store.list("")),
    "delete": lambda store: store.delete(["key"]),
    "check": lambda store: store.check(),
    "write_part": lambda store: store.write_part(STAGING, 1, [bytes(MIB)] * 10),
    "parts": lambda store: store.parts(STAGING),
    "publish": lambda store: store.publish(STAGING, "key", lambda _: None, lambda: None),
    "discard": lambda store: store.discard("upload"),
}


@contextmanager
def a_port(*, listening: bool) -> Iterator[str]:
    """A port that refuses connections, or one that takes them and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if listening:
            server.listen(100)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", REMOTE_URLS)
def test_a_store_that_refuses_connections_is_unavailable(kind: str, call: str) -> None:
    with a_port(listening=False) as endpoint:
        assert_unavailable(kind, endpoint, call)


@pytest.mark.parametrize(("kind", "call"), [*product(["s3"], CALLS), *product(REMOTE_URLS, ["put", "find"])])
def test_a_store_that_stays_silent_is_unavailable_within_its_limits(kind: str, call: str) -> None:
    with a_port(listening=True) as endpoint:
        assert_unavailable(kind, endpoint, call)


def assert_unavailable(kind: str, endpoint: str, call: str) -> None:
    url, options = REMOTE_URLS[kind]
    store = open_store(url.format(endpoint), options=options, limits=HURRIED)
    started = time.monotonic()
    with pytest.raises(ObjectStoreUnavailableError, match="did not answer") as raised:
        CALLS[call](store)
    assert time.monotonic() - started < 8
    for text in (repr(raised.value), repr(raised.value.__cause__), repr(raised.value.details), repr(store)):
        assert SECRET not in text


@pytest.mark.parametrize("place", REMOTE, indirect=True)
def test_a_missing_bucket_fails_the_check(place: Place) -> None:
    absent = open_store(place.url.replace("://test-", "://absent-"), options=place.options)
    with pytest.raises(ObjectStoreUnavailableError, match=r"404 Not Found.*(NoSuchBucket|ContainerNotFound)"):
        absent.check()
    with pytest.raises(ObjectStoreUnavailableError):
        absent.put({"key": b"data"})


@pytest.mark.parametrize("place", ["ceph", "azurite"], indirect=True)
def test_wrong_credentials_are_told_apart_from_a_missing_object(place: Place) -> None:
    place.store.put({"key": b"data"})
    wrong = dict.fromkeys(place.options, "d3Jvbmc=")
    store = open_store(place.url, options=wrong)
    for call in ("check", "find", "read", "put", "list", "delete"):
        with pytest.raises(ObjectStoreUnavailableError, match=r"403 Forbidden.*credentials"):
            CALLS[call](store)


def test_a_server_that_dies_in_the_middle_of_a_write_is_unavailable() -> None:
    with running(moto.start) as server:
        s3 = S3Server(**server.settings)
        store = open_store(s3.new_bucket(), options=s3.options, limits=HURRIED)
        store.write_part(STAGING, 1, [bytes(10 * MIB)])
        store.write_part(STAGING, 2, [bytes(10 * MIB)])
        big = Staging("big", 400 * MIB, 400 * MIB)

        def dying() -> Iterator[bytes]:
            for number in range(400):
                if number == 50:
                    server.stop()
                yield bytes(MIB)

        with pytest.raises(ObjectStoreUnavailableError):
            store.write_part(big, 1, dying())
        server.stop()  # on a slow machine the write may have run out of time before the server died
        with pytest.raises(ObjectStoreUnavailableError):
            store.publish(STAGING, "key", lambda _: None, lambda: None)
    assert not [thread.name for thread in threading.enumerate() if "upload" in thread.name]


CRASHING = """
import json, os, sys
from modelkeep.platform.objectstore import Staging, open_store

url, options = json.loads(sys.argv[1])
staging = Staging("upload", 20 * 1024**2, 10 * 1024**2)
open_store(url, options=options).publish(staging, "key", lambda _: None, lambda: os._exit(7))
"""


@pytest.mark.parametrize("place", ["local", *REMOTE], indirect=True)
def test_after_a_crash_while_publishing_nothing_is_visible_and_publishing_again_succeeds(place: Place) -> None:
    for number in (1, 2):
        place.store.write_part(STAGING, number, [bytes(10 * MIB)])
    arguments = json.dumps([place.url, dict(place.options)])
    assert subprocess.run([sys.executable, "-c", CRASHING, arguments], check=False).returncode == 7
    assert place.store.find("key") is None
    assert place.store.parts(STAGING) == {1, 2}
    place.store.publish(STAGING, "key", lambda _: None, lambda: None)
    assert [found.size for found in place.store.list("")] == [20 * MIB]


def test_what_crashed_writers_left_in_a_folder_is_swept_when_it_is_old(tmp_path: Path) -> None:
    open_store(str(tmp_path)).put({"key": b"data"})
    incoming = tmp_path / "staging" / ".incoming"
    for name in ("old", "new"):
        (incoming / name).write_bytes(b"torn")
        (incoming / f"{name} folder").mkdir()
    for name in ("old", "old folder"):
        os.utime(incoming / name, (0, 0))
    open_store(str(tmp_path))
    assert sorted(left.name for left in incoming.iterdir()) == ["new", "new folder"]


def test_objects_can_be_read_by_the_group_and_changed_by_nobody_whatever_the_umask(tmp_path: Path) -> None:
    for number, mask in enumerate((0o000, 0o077)):
        earlier = os.umask(mask)
        try:
            root = tmp_path / str(number)
            store = open_store(str(root))
            store.put({"folder/put": b"data"})
            staging = Staging("upload", 1, 1)
            store.write_part(staging, 1, [b"x"])
            store.publish(staging, "folder/published", lambda _: None, lambda: None)
        finally:
            os.umask(earlier)
        for name in ("put", "published"):
            assert stat.S_IMODE((root / "folder" / name).stat().st_mode) == 0o440
        for folder in (root, root / "folder", root / "staging" / "upload"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o750


@pytest.mark.parametrize("place", ["ceph", "moto"], indirect=True)
def test_an_abandoned_write_leaves_no_unfinished_multipart_upload(place: Place) -> None:
    assert place.s3 is not None

    def broken() -> Iterator[bytes]:
        yield bytes(30 * MIB)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        place.store.write_part(Staging("upload", 40 * MIB, 40 * MIB), 1, broken())
    bucket = place.url.split("/")[2]
    assert "Uploads" not in place.s3.client.list_multipart_uploads(Bucket=bucket)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("a full disk needs the right to mount a small file system (root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


def test_a_full_disk_is_told_and_leaves_nothing_half_visible(small_disk: Path) -> None:
    store = open_store(str(small_disk / "objects"))
    store.put({"kept": bytes(3 * MIB)})
    staging = Staging("upload", 6 * MIB, 3 * MIB)
    with pytest.raises(StoreFullError):
        store.put({"big": bytes(6 * MIB)})
    assert [found.key for found in store.list("")] == ["kept"]
    store.write_part(staging, 1, [bytes(MIB)] * 3)
    with pytest.raises(StoreFullError):
        store.write_part(staging, 2, [bytes(MIB)] * 3)
    assert store.parts(staging) == {1}
    assert sum(len(chunk) for chunk in store.read("kept")) == 3 * MIB
    store.delete(["kept"])
    store.write_part(staging, 2, [bytes(MIB)] * 3)
    store.publish(staging, "big", lambda _: None, lambda: None)
    assert [found.size for found in store.list("")] == [6 * MIB]


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((ObjectStoreUnavailableError, InvalidKeyError)):
        open_store(str(tmp_path / "file" / "objects"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file://",
        "file://elsewhere/folder",
        "ftp://host/folder",
        "memory://x",
        "s3://",
        "s3:///prefix",
        f"s3://me:{SECRET}@bucket",
        f"s3://bucket?secret_access_key={SECRET}",
        "s3://bucket?endpoint=",
        "s3://bucket/../up",
        f"s3://[bucket/{SECRET}",
        "s3://bucket#part",
        "gs://bucket?region=eu",
        "az://container?accounts=me",
    ],
)
def test_an_address_that_names_no_store_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidStoreUrlError) as raised:
        open_store(url)
    assert SECRET not in str(raised.value)


def test_an_unknown_option_is_refused_without_repeating_it() -> None:
    with pytest.raises(InvalidStoreUrlError) as raised:
        open_store("s3://bucket", options={"acess_key": SECRET})
    assert SECRET not in repr(raised.value)


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_a_folder_may_be_named_in_several_ways(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "a folder"
    open_store(form.format(folder).replace(" ", "%20" if "file:" in form else " ")).put({"key": b"data"})
    assert (folder / "key").read_bytes() == b"data"
