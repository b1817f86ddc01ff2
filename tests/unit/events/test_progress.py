from datetime import UTC, datetime, timedelta

from modelkeep.domains.events.domain.deliveries import Outcome, Progress, Sent, pause

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_pauses_grow_to_an_hour_and_differ() -> None:
    for attempts, longest in ((1, 1), (2, 2), (5, 16), (13, 3600), (500, 3600)):
        assert longest / 2 <= pause(attempts).total_seconds() <= longest
    assert len({pause(10) for _ in range(10)}) > 1


def test_a_failure_waits_and_remembers_since_when() -> None:
    first, outcome = Progress(3).failed(7, NOW)
    assert (first, outcome) == (Progress(6, 0, 1, NOW, NOW), Outcome.FAILED)
    second, _ = first.failed(7, NOW + HOUR)
    assert (second.attempts, second.blocked_since) == (2, NOW)


def test_after_a_day_an_event_is_given_up_and_the_subscription_still_counts_as_failing() -> None:
    waiting, _ = Progress(3).failed(7, NOW)
    dead, outcome = waiting.failed(7, NOW + 24 * HOUR)
    assert (dead, outcome) == (Progress(7, failing_since=NOW), Outcome.DEAD)
    assert not dead.hopeless(NOW + 119 * HOUR)
    assert dead.hopeless(NOW + 120 * HOUR)
    assert dead.delivered(8) == Progress(8)


def test_a_moved_cursor_begins_anew() -> None:
    waiting, _ = Progress(3).failed(7, NOW)
    assert waiting.moved(1) == Progress(1, epoch=1)


def test_410_means_gone() -> None:
    assert Sent(delivered=False, status=410, latency_ms=1, excerpt="").gone
    assert not Sent(delivered=False, status=404, latency_ms=1, excerpt="").gone
