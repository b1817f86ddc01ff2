import random
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.domains.access.domain.tokens import (
    Token,
    TokenKind,
    hash_secret,
    is_well_formed,
    new_secret,
    pepper_fingerprint,
)
from modelkeep.kernel.identity import PrincipalId, TokenId

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Computed once from the stated form: CRC32 of everything before it in base 62, six digits, left-padded with 0.
GOLDEN = "mkp_000000000000000000000000000000" + "3WWg5R"


def a_token() -> Token:
    return Token(TokenId("t"), PrincipalId("p"), b"hash", "wxyz", NOW, NOW + timedelta(days=90))


@pytest.mark.parametrize(
    ("kind", "prefix"), [(TokenKind.PERSONAL, "mkp_"), (TokenKind.SERVICE, "mks_"), (TokenKind.CI, "mkc_")]
)
def test_a_token_names_its_kind_and_has_30_random_and_6_check_digits(kind: TokenKind, prefix: str) -> None:
    secret = new_secret(kind)
    assert secret.startswith(prefix)
    assert len(secret) == len(prefix) + 36
    assert set(secret[len(prefix) :]) <= set(BASE62)
    assert is_well_formed(secret)


def test_the_form_of_a_token_is_fixed_for_secret_scanners() -> None:
    assert is_well_formed(GOLDEN)


def test_no_random_text_of_the_right_form_passes_the_checksum() -> None:
    chance = random.Random(1)  # noqa: S311 - the same texts each time
    looks = ("mkp_" + "".join(chance.choices(BASE62, k=36)) for _ in range(20_000))
    assert not any(is_well_formed(text) for text in looks)


@settings(max_examples=60)
@given(st.data())
def test_a_token_with_one_character_mistyped_is_malformed(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOLDEN) - 1))
    typed = data.draw(st.sampled_from(BASE62 + "_- é").filter(lambda character: character != GOLDEN[place]))
    assert not is_well_formed(GOLDEN[:place] + typed + GOLDEN[place + 1 :])


@pytest.mark.parametrize("text", ["", "mkp_", GOLDEN + "0", GOLDEN[:-1], " " + GOLDEN, GOLDEN + "\n", GOLDEN.upper()])
def test_what_surrounds_or_cuts_a_token_makes_it_malformed(text: str) -> None:
    assert not is_well_formed(text)


def test_no_two_tokens_are_alike() -> None:
    assert len({new_secret(TokenKind.CI) for _ in range(1_000)}) == 1_000


def test_what_is_stored_of_a_token_depends_on_the_secret_and_on_the_pepper() -> None:
    stored = hash_secret(GOLDEN, b"pepper")
    assert len(stored) == 32
    assert stored.hex() == "4227bb24930138446c7a47c660e5cca14986c3d2bbee6aa6ad215eb40d203df6"
    assert hash_secret(GOLDEN, b"other pepper") != stored
    assert hash_secret(GOLDEN[:-1] + "S", b"pepper") != stored
    assert GOLDEN.encode() not in stored


def test_a_pepper_has_a_public_name_that_does_not_give_it_away() -> None:
    name = pepper_fingerprint(b"pepper")
    assert len(name) == 16
    assert name == pepper_fingerprint(b"pepper") != pepper_fingerprint(b"other pepper")
    assert "pepper" not in name


def test_a_token_opens_nothing_from_its_expiry_on_or_once_it_is_revoked() -> None:
    token = a_token()
    assert token.usable_at(token.expires_at - timedelta(microseconds=1))
    assert not token.usable_at(token.expires_at)
    assert not replace(token, revoked_at=NOW).usable_at(NOW)
