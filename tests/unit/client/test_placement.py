import os
from pathlib import Path

import pytest

from modelkeep.client.cache import Cache
from modelkeep.client.errors import DestinationExistsError
from modelkeep.client.placement import Placement
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.manifests import FileEntry, Manifest

FILES = {"config.json": b"{}", "weights/a.bin": b"aaa", "weights/b.bin": b"bbb"}


def a_placement(root: Path, destination: Path | None = None) -> Placement:
    cache = Cache(root / "cache")
    for data in FILES.values():
        cache.add(Digest.of(data), data)
    entries = [
        FileEntry(path, len(data), Digest.of(data), "application/octet-stream", 0o644) for path, data in FILES.items()
    ]
    return Placement(destination or root / "out", Manifest(tuple(entries)), cache)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_destination_that_is_not_there_appears_whole(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    placement.check_free()
    placement.make()
    assert content(tmp_path / "out") == FILES
    assert placement.is_done()
    assert names(tmp_path) == ["cache", "out"]


def test_nothing_appears_when_a_file_cannot_be_placed(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    placement.cache.path(Digest.of(b"bbb")).unlink()
    with pytest.raises(FileNotFoundError):
        placement.make()
    assert names(tmp_path) == ["cache"]


def test_a_destination_with_other_files_is_refused(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    (tmp_path / "out").mkdir()
    placement.check_free()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(DestinationExistsError, match=r"holds other files \(mine\).*overwrite"):
        placement.check_free()


def test_a_destination_that_is_a_file_is_refused(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    (tmp_path / "out").write_text("x")
    with pytest.raises(DestinationExistsError, match="not a folder"):
        placement.check_free()
    with pytest.raises(DestinationExistsError, match="not a folder"):
        placement.overwrite()


def test_a_destination_with_one_changed_byte_is_not_done(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    placement.make()
    (tmp_path / "out" / "config.json").unlink()
    (tmp_path / "out" / "config.json").write_text("[]")
    assert not placement.is_done()


def test_a_destination_with_one_file_more_is_not_done(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    placement.make()
    (tmp_path / "out" / "more").write_text("x")
    assert not placement.is_done()


def test_a_copied_destination_is_done_though_it_is_not_linked(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    for path, data in FILES.items():
        target = tmp_path / "out" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    assert placement.is_done()


def test_overwriting_replaces_files_and_leaves_others(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "config.json").write_text("old")
    (tmp_path / "out" / "mine").write_text("x")
    placement.overwrite()
    assert content(tmp_path / "out") == {**FILES, "mine": b"x"}


def test_overwriting_does_not_write_through_a_link(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "weights").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DestinationExistsError, match="weights is where a folder is needed"):
        placement.overwrite()
    assert names(tmp_path / "elsewhere") == []


def test_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    (tmp_path / "out" / "config.json").mkdir(parents=True)
    with pytest.raises(DestinationExistsError, match="is a folder where a file is needed"):
        placement.overwrite()


def test_what_a_killed_pull_left_beside_is_removed_after_an_hour(tmp_path: Path) -> None:
    placement = a_placement(tmp_path)
    fresh, old = tmp_path / ".out.pulling-fresh", tmp_path / ".out.pulling-old"
    for left in (fresh, old):
        left.mkdir()
    os.utime(old, (1, 1))
    placement.make()
    assert fresh.exists()
    assert not old.exists()
