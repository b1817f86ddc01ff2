import threading
from pathlib import Path

from modelkeep.client.partials import open_partial
from modelkeep.kernel.digests import Digest


def test_a_new_partial_file_lacks_every_segment(tmp_path: Path) -> None:
    with open_partial(tmp_path / "x.partial", 10, segment_size=4) as partial:
        assert [(segment.start, segment.end) for segment in partial.segments] == [(0, 4), (4, 8), (8, 10)]
        assert partial.resumed == 0


def test_finished_segments_survive_and_unfinished_ones_do_not(tmp_path: Path) -> None:
    path = tmp_path / "x.partial"
    with open_partial(path, 10, segment_size=4) as partial:
        partial.write(partial.segments[1], b"4567")
        partial.finish(partial.segments[1])
        partial.write(partial.segments[0], b"01")
    with open_partial(path, 10, segment_size=4) as partial:
        assert [segment.is_whole for segment in partial.segments] == [False, True, False]
        assert partial.resumed == 4
    assert path.read_bytes()[4:8] == b"4567"


def test_a_line_that_was_cut_short_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.partial"
    with open_partial(path, 10, segment_size=4):
        path.with_suffix(".ranges").write_text("0 4\n4 8")
    with open_partial(path, 10, segment_size=4) as partial:
        assert [segment.is_whole for segment in partial.segments] == [True, False, False]


def test_a_discarded_file_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.partial"
    with open_partial(path, 4, segment_size=4) as partial:
        partial.write(partial.segments[0], b"0123")
        partial.finish(partial.segments[0])
        partial.discard()
    with open_partial(path, 4, segment_size=4) as partial:
        assert partial.resumed == 0


def test_a_file_of_another_size_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.partial"
    with open_partial(path, 4, segment_size=4) as partial:
        partial.finish(partial.segments[0])
    with open_partial(path, 8, segment_size=4) as partial:
        assert partial.resumed == 0


def test_a_second_reader_waits_until_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "x.partial"
    seen: list[int] = []

    def second() -> None:
        with open_partial(path, 4, segment_size=4) as partial:
            seen.append(partial.resumed)

    with open_partial(path, 4, segment_size=4) as partial:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.05)
        assert seen == []
        partial.write(partial.segments[0], b"0123")
        partial.finish(partial.segments[0])
    thread.join()
    assert seen == [4]


def test_the_digest_follows_segments_that_come_in_any_order(tmp_path: Path) -> None:
    found: list[Digest | None] = []
    with open_partial(tmp_path / "x.partial", 10, segment_size=4) as partial:
        thread = threading.Thread(target=lambda: found.append(partial.follow()))
        thread.start()
        for number, data in ((2, b"89"), (0, b"01"), (1, b"4567"), (0, b"23")):
            partial.write(partial.segments[number], data)
        thread.join()
    assert found == [Digest.of(b"0123456789")]


def test_following_ends_when_the_file_is_given_up(tmp_path: Path) -> None:
    found: list[Digest | None] = []
    with open_partial(tmp_path / "x.partial", 10, segment_size=4) as partial:
        thread = threading.Thread(target=lambda: found.append(partial.follow()))
        thread.start()
        partial.stop_following()
        thread.join()
    assert found == [None]
