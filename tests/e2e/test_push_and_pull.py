import filecmp
import os
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.e2e.registry_server import PART, RegistryServer

from modelkeep.client import (
    AlreadyExistsError,
    CorruptFileError,
    DestinationExistsError,
    FileChangedError,
    InvalidArtifactError,
    NotFoundError,
    Registry,
    UnauthenticatedError,
    UnwritableError,
)
from modelkeep.client.downloads import SEGMENT_SIZE
from modelkeep.client.settings import Settings
from modelkeep.kernel.digests import Digest

MEBIBYTE = 1024 * 1024


def a_model(folder: Path, *, large: int = 3 * PART + 17) -> Path:
    """Make a folder with files of all the sorts that travel in different ways; `large` is one file's size in bytes."""
    (folder / "weights").mkdir(parents=True)
    (folder / "config.json").write_bytes(b"{}" + os.urandom(8))
    (folder / "empty").touch()
    (folder / "predict.sh").write_text("#!/bin/sh\n")
    (folder / "predict.sh").chmod(0o755)
    (folder / "weights" / "one-part.bin").write_bytes(os.urandom(PART - 1))
    (folder / "weights" / "parts.safetensors").write_bytes(os.urandom(large))
    return folder


def assert_same(one: Path, other: Path) -> None:
    paths = sorted(path.relative_to(one) for path in one.rglob("*"))
    assert paths == sorted(path.relative_to(other) for path in other.rglob("*"))
    for path in paths:
        assert (one / path).is_dir() or filecmp.cmp(one / path, other / path, shallow=False), path


class Meter:
    """Progress that adds up what was done in each phase, and can do something when a phase is so far."""

    def __init__(self, kill_at: tuple[str, int] | None = None) -> None:
        self.done_bytes: dict[str, int] = {}
        self.first: dict[str, int] = {}
        self._activity = ""
        self._kill_at = kill_at

    def start(self, activity: str, *, total_bytes: int, files: int) -> None:
        assert total_bytes >= 0
        assert files >= 0
        self._activity = activity
        self.done_bytes[activity] = 0

    def advance(self, amount: int) -> None:
        self.first.setdefault(self._activity, amount)
        self.done_bytes[self._activity] += amount
        if self._kill_at and self._activity == self._kill_at[0] and self.done_bytes[self._activity] >= self._kill_at[1]:
            os.kill(os.getpid(), signal.SIGKILL)

    def done(self) -> None:
        pass


def test_a_folder_comes_back_byte_for_byte(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    version = registry.push(source, "fraud/scorer", metrics={"auc": 0.94}, training_data="s3://lake/tx/2026-10")
    assert (version.version, version.number, version.stage) == ("1.0.0", 1, "Draft")
    assert version.notes
    target = registry.pull("fraud/scorer:1.0.0", tmp_path / "pulled")
    assert_same(source, target)
    assert (target / "predict.sh").stat().st_mode & stat.S_IXUSR
    assert not (target / "config.json").stat().st_mode & stat.S_IXUSR


def test_a_single_file_comes_back_in_a_folder(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(os.urandom(100))
    registry.push(tmp_path / "model.onnx", "single")
    target = registry.pull("single", tmp_path / "pulled")
    assert (target / "model.onnx").read_bytes() == (tmp_path / "model.onnx").read_bytes()


def test_the_default_destination_is_named_after_the_version(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = registry.push(a_model(tmp_path / "model"), "team/named")
    monkeypatch.chdir(tmp_path)
    assert version.pull() == tmp_path / "named-1.0.0"


def test_a_repeated_push_registers_nothing_and_sends_nothing(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    first = registry.push(source, "again")
    meter = Meter()
    second = registry.push(source, "again", progress=meter)
    assert second.id == first.id
    assert any("nothing was registered" in note for note in second.notes)
    assert meter.done_bytes["uploading"] == 0


def test_changed_content_is_the_next_version_and_only_the_change_is_sent(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "changing")
    (source / "config.json").write_text("{}")
    meter = Meter()
    assert registry.push(source, "changing", bump="minor", progress=meter).version == "1.1.0"
    assert meter.done_bytes["uploading"] == 2


def test_a_version_is_never_given_to_other_content(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "fixed", version="2.0.0")
    (source / "config.json").write_text("{}")
    with pytest.raises(AlreadyExistsError, match=r"2\.0\.0"):
        registry.push(source, "fixed", version="2.0.0")


def test_many_small_files_travel_in_few_requests(
    registry: Registry, registry_server: RegistryServer, tmp_path: Path
) -> None:
    source = tmp_path / "model"
    source.mkdir()
    for number in range(2000):
        (source / f"{number}.bin").write_bytes(os.urandom(5000))
    registry.push(source, "many")
    assert_same(source, registry.pull("many", tmp_path / "pulled"))
    assert registry_server.requests("POST", "/models/default/many/versions/1/blobs").total() <= 5


def test_a_second_pull_comes_from_the_cache(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "cached")
    registry.pull("cached", tmp_path / "one")
    meter = Meter()
    assert_same(source, registry.pull("cached:1", tmp_path / "two", progress=meter))
    assert meter.done_bytes == {"downloading": 0}


def test_an_edited_file_of_an_earlier_pull_does_not_reach_the_next_one(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "edited")
    edited = registry.pull("edited", tmp_path / "one") / "config.json"
    edited.chmod(0o644)
    edited.write_bytes(b"edited in place")
    assert_same(source, registry.pull("edited", tmp_path / "two"))


def test_a_destination_that_is_done_is_left_and_one_with_other_files_is_refused(
    registry: Registry, tmp_path: Path
) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "placed")
    target = registry.pull("placed", tmp_path / "pulled")
    before = (target / "config.json").stat().st_ino
    assert registry.pull("placed", target) == target
    assert (target / "config.json").stat().st_ino == before
    (target / "notes.txt").write_text("mine")
    with pytest.raises(DestinationExistsError, match="holds other files"):
        registry.pull("placed", target)
    registry.pull("placed", target, overwrite=True)
    assert (target / "notes.txt").read_text() == "mine"


def test_an_empty_working_directory_is_a_destination(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "here")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert registry.pull("here", ".") == tmp_path / "empty"
    assert_same(source, Path.cwd())


def test_a_destination_below_a_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "below")
    with pytest.raises(UnwritableError, match=r"config\.json"):
        registry.pull("below", source / "config.json" / "pulled")


def test_every_form_of_reference_pulls_the_same_files(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    version = registry.push(source, "forms/model")
    version.set_alias("champion")
    for number, form in enumerate((":1", ":1.0.0", ":^1", "@champion", f"@{version.manifest_digest}", "")):
        assert_same(source, registry.pull(f"forms/model{form}", tmp_path / str(number)))


@pytest.mark.parametrize("name", ["config.json", "weights/one-part.bin", "weights/parts.safetensors"])
def test_a_flipped_byte_in_the_store_is_refused_with_the_file_s_name(
    registry: Registry, registry_server: RegistryServer, tmp_path: Path, name: str
) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "flipped/model")
    digest = Digest.of((source / name).read_bytes())
    stored = registry_server.objects / "blobs" / "sha256" / digest.hex[:2] / digest.hex
    with stored.open("r+b") as file:
        file.seek(4)
        byte = file.read(1)[0]
        file.seek(4)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(CorruptFileError, match=name) as caught:
        registry.pull("flipped/model", tmp_path / "pulled")
    assert (caught.value.code, caught.value.details["expected"]) == ("client.corrupt_file", str(digest))
    assert not (tmp_path / "pulled").exists()
    assert registry.cache.find(digest, (source / name).stat().st_size) is None


@pytest.mark.parametrize("name", ["config.json", "weights/parts.safetensors"])
def test_a_blob_that_is_gone_from_the_store_is_reported_with_the_file_s_name(
    registry: Registry, registry_server: RegistryServer, tmp_path: Path, name: str
) -> None:
    source = a_model(tmp_path / "model")
    registry.push(source, "lost/model")
    digest = Digest.of((source / name).read_bytes())
    (registry_server.objects / "blobs" / "sha256" / digest.hex[:2] / digest.hex).unlink()
    with pytest.raises(CorruptFileError, match=name):
        registry.pull("lost/model", tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()


def test_a_symbolic_link_is_refused_before_anything_is_sent(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    (source / "link").symlink_to("config.json")
    with pytest.raises(InvalidArtifactError, match="symbolic link"):
        registry.push(source, "linked")
    with pytest.raises(NotFoundError):
        registry.get_model("linked")


def test_a_file_that_changes_during_the_push_is_named(registry: Registry, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")

    class Editor(Meter):
        def start(self, activity: str, *, total_bytes: int, files: int) -> None:
            super().start(activity, total_bytes=total_bytes, files=files)
            if activity == "uploading":
                (source / "weights" / "parts.safetensors").write_bytes(os.urandom(3 * PART + 17))

    with pytest.raises(FileChangedError, match=r"parts\.safetensors changed"):
        registry.push(source, "moving", progress=Editor())


def test_two_clients_that_push_the_same_at_once_get_the_same_version(
    registry_server: RegistryServer, tmp_path: Path
) -> None:
    source = a_model(tmp_path / "model", large=6 * PART)

    def push(number: int) -> str:
        with registry_server.connect(tmp_path / str(number)) as registry:
            return registry.push(source, "together").id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(push, range(4)))) == 1


def test_a_wrong_token_is_told_so(registry_server: RegistryServer) -> None:
    stranger = Registry(Settings(registry_server.url, "mkp_" + "0" * 36))
    with stranger, pytest.raises(UnauthenticatedError):
        stranger.whoami()


KILLED_CLIENT = """
import sys
from pathlib import Path
from tests.e2e.test_push_and_pull import Meter
from modelkeep.client import Registry, resolve_settings
from modelkeep.client.cache import Cache

what, path, model, cache, activity, at = sys.argv[1:]
registry = Registry(resolve_settings(), cache=Cache(Path(cache)), workers=1)
meter = Meter(kill_at=(activity, int(at)))
registry.push(path, model, progress=meter) if what == "push" else registry.pull(model, path, progress=meter)
"""


def run_until_killed(server: RegistryServer, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED_CLIENT, *arguments], env=server.environment, check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_push_whose_client_was_killed_goes_on_where_it_stopped(own_server: RegistryServer, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model", large=12 * PART)
    cache = str(tmp_path / "cache")
    run_until_killed(own_server, "push", str(source), "killed", cache, "uploading", str(8 * PART))
    before = own_server.requests("PUT", "/parts/")
    assert before
    with own_server.connect(tmp_path / "cache") as registry:
        registry.push(source, "killed")
        after = own_server.requests("PUT", "/parts/")
        assert set(after.values()) == {1}, "a part was sent twice"
        assert len(after) == 12 + 1
        assert_same(source, registry.pull("killed", tmp_path / "pulled"))


def test_a_pull_whose_client_was_killed_goes_on_where_it_stopped(own_server: RegistryServer, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model")
    with (source / "weights" / "parts.safetensors").open("wb") as file:
        for _ in range(2 * SEGMENT_SIZE // MEBIBYTE):
            file.write(os.urandom(MEBIBYTE))
    with own_server.connect(tmp_path / "cache") as registry:
        registry.push(source, "killed")
        run_until_killed(
            own_server,
            *("pull", str(tmp_path / "pulled"), "killed", str(tmp_path / "cache")),
            *("downloading", str(SEGMENT_SIZE + 16 * MEBIBYTE)),
        )
        assert not (tmp_path / "pulled").exists()
        meter = Meter()
        assert_same(source, registry.pull("killed", tmp_path / "pulled", progress=meter))
        assert meter.first["downloading"] == SEGMENT_SIZE


def test_a_push_outlives_its_server(own_server: RegistryServer, tmp_path: Path) -> None:
    source = a_model(tmp_path / "model", large=12 * PART)
    restarted = threading.Event()

    class Restarter(Meter):
        def advance(self, amount: int) -> None:
            super().advance(amount)
            if self.done_bytes.get("uploading", 0) >= 6 * PART and not restarted.is_set():
                restarted.set()
                own_server.kill()
                own_server.start()

    with own_server.connect(tmp_path / "cache") as registry:
        version = registry.push(source, "outlived", progress=Restarter())
        assert restarted.is_set()
        assert_same(source, registry.pull(version.reference, tmp_path / "pulled"))


MEASURED_CLIENT = """
import re, sys
from pathlib import Path
from modelkeep.client import Registry, resolve_settings
from modelkeep.client.cache import Cache

source, cache, target = sys.argv[1:]
registry = Registry(resolve_settings(), cache=Cache(Path(cache)))
registry.push(source, "flat")
registry.pull("flat", target)
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def test_the_memory_of_a_client_does_not_grow_with_the_file(own_server: RegistryServer, tmp_path: Path) -> None:
    source = tmp_path / "large.bin"
    with source.open("wb") as file:
        file.truncate(400 * MEBIBYTE)
    arguments = [str(source), str(tmp_path / "cache"), str(tmp_path / "pulled")]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED_CLIENT, *arguments], env=own_server.environment, check=True, capture_output=True
    )
    assert int(done.stdout) < 100 * 1024, "kibibytes"
