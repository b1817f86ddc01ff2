"""A file is written whole, or what was there stays."""

from pathlib import Path

import pytest

from modelkeep.client.errors import UnwritableError
from modelkeep.client.whole_files import written_whole


def test_what_was_written_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "export"
    target.write_text("earlier")
    with written_whole(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "earlier"
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LookupError()])
def test_after_an_interruption_nothing_is_left_behind(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write(tmp_path / "export", error)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match="no/export cannot be written"):
        write(tmp_path / "no/export", None)


def write(target: Path, error: BaseException | None) -> None:
    with written_whole(target) as partial:
        partial.write_text("half")
        if error is not None:
            raise error
