import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from types import UnionType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.errors import InvalidValueError, Kind
from modelkeep.kernel.paging import (
    MAX_TOKEN_LENGTH,
    InvalidPageSizeError,
    InvalidPageTokenError,
    Page,
    PageRequest,
    Position,
    PositionValue,
    _seal,
    decode_token,
    encode_token,
)

SCOPE = "versions?filter=tag.team = 'risk'&order=created desc"
POSITION: Position = ("2026-10-01T00:00:00.000000Z", 7, 0.5, None)
TYPES: tuple[type | UnionType, ...] = (str, int, float, str | None)
FAST = settings(max_examples=40)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[PositionValue] = st.one_of(texts, integers, floats, st.none())


def a_sealed_token(body: bytes, scope: str = SCOPE) -> str:
    """What somebody who has read the source can make."""
    return urlsafe_b64encode(b"\x01" + _seal(scope, body) + body).rstrip(b"=").decode()


@FAST
@given(st.lists(values, max_size=5), st.text(max_size=20))
def test_every_position_survives_the_round_trip(position: list[PositionValue], scope: str) -> None:
    types = [type(value) for value in position]
    assert decode_token(encode_token(position, scope), scope, types) == tuple(position)


@FAST
@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    token = encode_token(POSITION, SCOPE)
    index = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[index]))
    with pytest.raises(InvalidPageTokenError):
        decode_token(token[:index] + other + token[index + 1 :], SCOPE, TYPES)


@FAST
@given(st.text(max_size=120) | st.binary(max_size=80).map(lambda raw: urlsafe_b64encode(raw).decode().rstrip("=")))
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidPageTokenError):
        decode_token(token, SCOPE, TYPES)


def test_a_truncated_or_extended_token_is_refused() -> None:
    token = encode_token(POSITION, SCOPE)
    for wrong in [token[:length] for length in range(len(token))] + [
        token + "A",
        token + "=",
        " " + token,
        token + "\n",
    ]:
        with pytest.raises(InvalidPageTokenError):
            decode_token(wrong, SCOPE, TYPES)


def test_spare_bits_of_the_last_character_cannot_be_used_to_spell_a_token_twice() -> None:
    token = encode_token(["ab"], SCOPE)
    raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    twins = [token[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    same = [twin for twin in twins if urlsafe_b64decode(twin + "=" * (-len(twin) % 4)) == raw]
    assert len(same) > 1
    accepted = []
    for twin in same:
        try:
            accepted.append((twin, decode_token(twin, SCOPE, [str])))
        except InvalidPageTokenError:
            continue
    assert accepted == [(token, ("ab",))]


def test_a_token_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidPageTokenError) as refused:
        decode_token(encode_token(POSITION, SCOPE), SCOPE + " ", TYPES)
    assert refused.value.code == "kernel.invalid_page_token"
    assert refused.value.kind is Kind.INVALID


@pytest.mark.parametrize(
    "types",
    [
        (str, int, float),
        (*TYPES, str),
        (int, int, float, str | None),
        (str, str, float, str | None),
        (str, int, int, str | None),
        (str, int, float, str),
        (),
    ],
)
def test_a_position_of_other_types_or_another_length_is_refused(types: tuple[type | UnionType, ...]) -> None:
    with pytest.raises(InvalidPageTokenError):
        decode_token(encode_token(POSITION, SCOPE), SCOPE, types)


def test_an_integer_stands_for_a_float_but_not_the_other_way_round() -> None:
    token = encode_token([1, 2, 3], SCOPE)
    decoded = decode_token(token, SCOPE, [float, float | None, int])
    assert decoded == (1.0, 2.0, 3)
    assert [type(value) for value in decoded] == [float, float, int]
    with pytest.raises(InvalidPageTokenError):
        decode_token(encode_token([1.0], SCOPE), SCOPE, [int])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[[]]",
        b"[{}]",
        b"[true]",
        b"[NaN]",
        b"[Infinity]",
        b"[1e999]",
        b'["\\u0000"]',
        b'["\\ud800"]',
        b'["\xff"]',
        b"[9223372036854775808]",
        b"[" + b"9" * 5000 + b"]",
        b"[" * 20_000,
        b"[1] x",
    ],
)
def test_what_a_forger_with_the_source_at_hand_puts_into_a_token_is_refused(body: bytes) -> None:
    expectations: list[type | UnionType] = [str, int, float, str | int | float | None, list, dict, bool]
    for expected in expectations:
        with pytest.raises(InvalidPageTokenError):
            decode_token(a_sealed_token(body), SCOPE, [expected])


def test_a_token_longer_than_any_we_make_is_refused_unread() -> None:
    with pytest.raises(InvalidPageTokenError):
        decode_token(a_sealed_token(b'["' + b"a" * MAX_TOKEN_LENGTH + b'"]'), SCOPE, [str])


@pytest.mark.parametrize("value", ["a\0b", "\udc80", 2**63, math.nan, math.inf, "a" * MAX_TOKEN_LENGTH])
def test_what_no_database_can_compare_is_not_encoded(value: str | float) -> None:
    with pytest.raises(InvalidValueError, match="order by another field"):
        encode_token([value], SCOPE)


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_size_out_of_bounds_is_refused(size: int) -> None:
    with pytest.raises(InvalidPageSizeError, match="between 1 and 1000"):
        PageRequest(size)


def test_a_page_request_asks_for_the_first_fifty_by_default() -> None:
    assert (PageRequest().size, PageRequest().token) == (50, None)
    assert [PageRequest(size).size for size in (1, 1000)] == [1, 1000]


def test_the_last_page_has_no_next_token() -> None:
    assert Page(items=("a", "b")).next_token is None
