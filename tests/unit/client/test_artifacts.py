import hashlib
import os
from pathlib import Path

import pytest

from modelkeep.client.artifacts import scan
from modelkeep.client.errors import FileChangedError, InvalidArtifactError
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import InvalidManifestError


def a_folder(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return root


def test_a_folder_becomes_a_manifest_sorted_by_path(tmp_path: Path) -> None:
    a_folder(tmp_path, {"b": "two", "a/x": "one"})
    artifact = scan(tmp_path)
    assert [entry.path for entry in artifact.manifest.files] == ["a/x", "b"]
    assert artifact.manifest.files[1].digest == Digest.of(b"two")
    assert artifact.manifest.total_size == 6


def test_a_single_file_becomes_a_manifest_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    artifact = scan(tmp_path / "model.onnx")
    (entry,) = artifact.manifest.files
    assert (entry.path, entry.media_type, entry.mode) == ("model.onnx", "application/vnd.onnx", 0o644)


def test_an_executable_file_keeps_its_mode_and_an_unknown_one_is_binary(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/bin/sh")
    (tmp_path / "run").chmod(0o700)
    (entry,) = scan(tmp_path).manifest.files
    assert (entry.mode, entry.media_type) == (0o755, "application/octet-stream")


def test_hidden_files_are_pushed_and_junk_is_not(tmp_path: Path) -> None:
    a_folder(tmp_path, {".config": "x", ".git/HEAD": "x", "sub/__pycache__/a.pyc": "x", "sub/.DS_Store": "x"})
    assert list(scan(tmp_path).files) == [".config"]


def test_the_ignore_file_leaves_out_what_its_globs_name(tmp_path: Path) -> None:
    a_folder(tmp_path, {"keep": "1", "notes": "2", "logs/a": "3", "data/raw/b": "4", "sub/logs": "5"})
    (tmp_path / ".modelkeepignore").write_text("# comment\n\nnote?\nlogs/\ndata/raw/*\n")
    assert list(scan(tmp_path).files) == ["keep", "sub/logs"]


def test_a_symbolic_link_is_refused_with_advice(tmp_path: Path) -> None:
    a_folder(tmp_path, {"real": "x"})
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(InvalidArtifactError, match=r"link is a symbolic link to 'real'.*cp -rL"):
        scan(tmp_path)


def test_an_ignored_link_is_no_obstacle(tmp_path: Path) -> None:
    a_folder(tmp_path, {"real": "x"})
    (tmp_path / "link").symlink_to("real")
    (tmp_path / ".modelkeepignore").write_text("link\n")
    assert list(scan(tmp_path).files) == ["real"]


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidArtifactError, match="only files are pushed"):
        scan(tmp_path)


def test_nothing_to_push_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidArtifactError, match="holds no files"):
        scan(tmp_path)
    with pytest.raises(InvalidArtifactError, match="No such file"):
        scan(tmp_path / "none")


def test_a_name_that_some_system_cannot_keep_is_refused(tmp_path: Path) -> None:
    a_folder(tmp_path, {"aux": "x"})
    with pytest.raises(InvalidManifestError, match="aux"):
        scan(tmp_path)


def test_a_decomposed_name_is_pushed_in_composed_form(tmp_path: Path) -> None:
    (tmp_path / "u\u0308.txt").write_text("x")
    assert list(scan(tmp_path).files) == ["\u00fc.txt"]


def test_a_file_that_changed_after_the_scan_is_named(tmp_path: Path) -> None:
    a_folder(tmp_path, {"weights": "old"})
    file = scan(tmp_path).files["weights"]
    (tmp_path / "weights").write_text("newer")
    with pytest.raises(FileChangedError, match="weights changed") as caught:
        list(file.read(0, 3))
    assert caught.value.details == {"path": "weights"}


def test_a_file_that_is_gone_after_the_scan_is_named(tmp_path: Path) -> None:
    a_folder(tmp_path, {"weights": "old"})
    file = scan(tmp_path).files["weights"]
    (tmp_path / "weights").unlink()
    with pytest.raises(FileChangedError, match="weights can no longer be read"):
        list(file.read(0, 3))


def test_a_file_is_read_in_blocks_from_any_offset(tmp_path: Path) -> None:
    a_folder(tmp_path, {"weights": "0123456789"})
    file = scan(tmp_path).files["weights"]
    assert list(file.read(2, 7, block=3)) == [b"234", b"567", b"8"]


def test_many_files_are_hashed_right(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / str(number)).write_bytes(bytes([number]) * number * 100)
    for entry in scan(tmp_path).manifest.files:
        assert entry.digest.hex == hashlib.sha256((tmp_path / entry.path).read_bytes()).hexdigest()


class Log:
    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def start(self, activity: str, *, total_bytes: int, files: int) -> None:
        self.calls.append((f"{activity} {files}", total_bytes))

    def advance(self, amount: int) -> None:
        self.calls.append(("advance", amount))

    def done(self) -> None:
        self.calls.append(("done", 0))


def test_progress_hears_of_every_byte_that_is_hashed(tmp_path: Path) -> None:
    a_folder(tmp_path, {"a": "12345", "b": "678"})
    log = Log()
    scan(tmp_path, progress=log)
    assert log.calls[0] == ("hashing 2", 8)
    assert sum(amount for name, amount in log.calls if name == "advance") == 8
    assert log.calls[-1] == ("done", 0)
