"""Which key signs: the first, a new one beside the old, and never one that the log does not know."""

from datetime import UTC, datetime

import pytest

from modelkeep.domains.audit.domain.log_keys import KeyChange, LogKey, LogKeyMismatchError, SigningKey, key_change
from modelkeep.domains.audit.domain.signed_notes import ED25519, MalformedNoteError, VerifierKey

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
FIRST, SECOND, THIRD, STRANGER = (
    VerifierKey(name, ED25519, public * 32)
    for name, public in (("log", b"1"), ("log", b"2"), ("log", b"3"), ("x", b"4"))
)


def known(verifier: VerifierKey, valid_to: int | None = None) -> LogKey:
    return LogKey(verifier, 0, valid_to, NOW)


def test_a_log_without_a_key_takes_the_newest_that_is_given() -> None:
    assert key_change([], [SECOND, FIRST]) == KeyChange(SECOND, ())


def test_the_key_of_the_log_changes_nothing() -> None:
    assert key_change([known(FIRST)], [FIRST]) == KeyChange(None, ())
    assert key_change([known(FIRST), known(SECOND)], [SECOND, FIRST]) == KeyChange(None, ())


def test_a_new_key_before_the_old_one_is_adopted() -> None:
    assert key_change([known(FIRST)], [SECOND, FIRST]) == KeyChange(SECOND, ())


def test_an_old_key_that_is_given_no_longer_is_retired() -> None:
    assert key_change([known(FIRST), known(SECOND)], [SECOND]) == KeyChange(None, (known(FIRST),))
    assert key_change([known(FIRST), known(SECOND)], [THIRD, SECOND]) == KeyChange(THIRD, (known(FIRST),))


@pytest.mark.parametrize(
    "given",
    [[], [SECOND], [STRANGER], [STRANGER, FIRST], [THIRD, FIRST]],
    ids=["none", "new", "strange", "name", "old"],
)
def test_a_key_that_cannot_sign_this_log_is_refused(given: list[VerifierKey]) -> None:
    with pytest.raises(LogKeyMismatchError, match="log"):
        key_change([known(THIRD, valid_to=3), known(FIRST)], given)


def test_a_private_key_is_written_as_other_programs_write_it() -> None:
    # The key that the documentation of golang.org/x/mod/sumdb/note uses.
    text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    verifier = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    key = SigningKey.parse(text, verifier.public)
    assert (key.verifier, str(key)) == (verifier, text)
    assert "AYEKFA" not in repr(key)
    with pytest.raises(MalformedNoteError, match="damaged"):
        SigningKey.parse(text, b"k" * 32)
    with pytest.raises(MalformedNoteError, match="PRIVATE"):
        SigningKey.parse(text.removeprefix("PRIVATE+KEY+"), verifier.public)
