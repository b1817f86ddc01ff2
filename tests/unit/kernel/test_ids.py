"""UUID version 7: its bits, and that ids never go back."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.kernel.ids import new_id, uuid7

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def milliseconds(text: str) -> int:
    return uuid.UUID(text).int >> 80


def test_an_id_is_a_canonical_version_7_uuid_of_its_millisecond() -> None:
    text = uuid7(lambda: NOON + timedelta(microseconds=1999))()
    parsed = uuid.UUID(text)

    assert str(parsed) == text
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    assert milliseconds(text) == int(NOON.timestamp()) * 1000 + 1


def test_an_id_of_the_example_time_of_the_rfc_starts_with_its_bits() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T14:22:22-05:00.
    text = uuid7(lambda: datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC))()

    assert text.startswith("017f22e2-79b0-7")


def test_ids_of_one_millisecond_rise() -> None:
    source = uuid7(lambda: NOON)
    made = [source() for _ in range(2000)]

    assert made == sorted(set(made))
    assert milliseconds(made[-1]) == milliseconds(made[0])


def test_ids_rise_when_the_clock_goes_back() -> None:
    times = [NOON, NOON - timedelta(seconds=1), NOON - timedelta(hours=1), NOON]
    source = uuid7(times.pop)
    made = [source() for _ in range(4)]

    assert made == sorted(set(made))


def test_a_full_counter_goes_on_in_the_next_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    source = uuid7(lambda: NOON)
    monkeypatch.setattr(os, "urandom", lambda size: b"\xff" * size)
    monkeypatch.setattr(source, "_counter", (1 << 74) - 5)
    monkeypatch.setattr(source, "_millisecond", 2_000_000_000_000)

    text = source()

    assert milliseconds(text) == 2_000_000_000_001
    assert uuid.UUID(text).version == 7
    assert source() > text


def test_threads_share_a_source_without_a_repeat() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [text for batch in pool.map(lambda _: [new_id() for _ in range(500)], range(4)) for text in batch]

    assert len(set(made)) == 2000


def test_two_sources_of_one_millisecond_differ() -> None:
    assert uuid7(lambda: NOON)() != uuid7(lambda: NOON)()
