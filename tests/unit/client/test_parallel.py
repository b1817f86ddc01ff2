import threading

import pytest

from modelkeep.client.parallel import Stop, StoppedError, for_each


def test_every_item_is_worked_on_once() -> None:
    done: list[int] = []
    for_each(done.append, range(100), stop=Stop(), workers=4)
    assert sorted(done) == list(range(100))


def test_nothing_to_do_is_done_at_once() -> None:
    for_each(lambda _: None, [], stop=Stop(), workers=0)


def test_the_first_failure_ends_the_others_and_is_raised() -> None:
    stop, begun = Stop(), threading.Barrier(2)

    def work(item: int) -> None:
        begun.wait()
        if item == 0:
            raise ValueError("the reason")
        while True:
            stop.check()

    with pytest.raises(ValueError, match="the reason"):
        for_each(work, range(1000), stop=stop, workers=2)


def test_work_that_was_stopped_from_outside_says_so() -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(StoppedError):
        for_each(lambda _: None, [1], stop=stop, workers=1)


def test_an_error_of_the_work_that_looks_like_the_end_of_the_items_is_not_swallowed() -> None:
    def work(_: int) -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        for_each(work, [1], stop=Stop(), workers=1)
