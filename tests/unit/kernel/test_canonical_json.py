"""RFC 8785: the vectors of the RFC, and the refusals of the strict reader."""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.canonical_json import InvalidJsonError, Json, canonical_json, parse_json

# RFC 8785, appendix B.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def read(text: str) -> Json:
    return parse_json(text.encode(), max_bytes=100_000)


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_a_number_is_written_as_the_appendix_of_the_rfc_says(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical_json([number]) == f"[{text}]".encode()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (1e-4, "0.0001"),
        (9.9e-5, "0.000099"),
        (1e-7, "1e-7"),
        (1e16, "10000000000000000"),
        (123456789012345680.0, "123456789012345680"),
        (1e20, "100000000000000000000"),
        (1.5e300, "1.5e+300"),
        (-2.5, "-2.5"),
        (2**53 - 1, "9007199254740991"),
    ],
)
def test_a_number_has_the_plain_form_between_1e_minus_7_and_1e21(number: float, text: str) -> None:
    assert canonical_json(number) == text.encode()


def test_the_sample_of_the_rfc_has_its_canonical_form() -> None:
    sample = r"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""

    assert (
        canonical_json(read(sample))
        == (
            r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


def test_keys_sort_by_utf_16_code_units_as_in_the_sample_of_the_rfc() -> None:
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    written = cast("dict[str, str]", json.loads(canonical_json(names)))

    assert list(written.values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_keys_beyond_ascii_sort_the_same_without_an_astral_character() -> None:
    assert canonical_json({"\ufb33": 1, "ö": 2, "z": 3}) == '{"z":3,"ö":2,"\ufb33":1}'.encode()


def test_control_characters_take_the_short_escape_or_lower_case_hex() -> None:
    assert canonical_json("\b\t\n\f\r\x00\x1f\x7f/") == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f/"'


def test_other_kinds_of_text_number_list_and_mapping_are_written_as_the_plain_ones() -> None:
    class Colour(StrEnum):
        RED = "red"

    class Size(IntEnum):
        SMALL = 1

    value: Json = MappingProxyType({"b": (Colour.RED, Size.SMALL, True), "a": {"x": None}})

    assert canonical_json(value) == b'{"a":{"x":null},"b":["red",1,true]}'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, "NaN"),
        (math.inf, "infinite"),
        ([-math.inf], "infinite"),
        (2**53, "2\\^53-1"),
        ({"n": -(2**53)}, "2\\^53-1"),
        ("\ud800", "surrogate"),
        ({"\udfff": 1, "\U0001f600": 1}, "surrogate"),
        ([1e30, "\ud800"], "surrogate"),
    ],
)
def test_a_value_without_a_canonical_form_is_refused(value: Json, reason: str) -> None:
    with pytest.raises(InvalidJsonError, match=reason):
        canonical_json(value)


@pytest.mark.parametrize("value", [b"bytes", {1: "number"}, {None: 1}, {"s": {1, 2}}, object(), 1j])
def test_a_value_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(InvalidJsonError, match=r"not text|not JSON"):
        canonical_json(cast("Json", value))


@pytest.mark.parametrize("leaf", [1, 1e30])
def test_sixty_four_levels_are_written_and_one_more_is_refused(leaf: float) -> None:
    value: Json = leaf
    for _ in range(64):
        value = [value]

    assert canonical_json(value).startswith(b"[" * 64)
    with pytest.raises(InvalidJsonError, match="deeper than 64"):
        canonical_json({"deeper": value})


@settings(max_examples=50)
@given(values)
def test_the_canonical_form_reads_back_as_the_value_and_is_stable(value: Json) -> None:
    written = canonical_json(value)
    again = parse_json(written, max_bytes=len(written))

    assert again == value
    assert canonical_json(again) == written


@settings(max_examples=50)
@given(values)
def test_the_quick_way_and_the_exact_way_write_the_same(value: Json) -> None:
    # A proxy at every mapping forces the exact way.
    assert canonical_json(proxied(value)) == canonical_json(value)


def proxied(value: Json) -> Json:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return MappingProxyType({key: proxied(item) for key, item in value.items()})
    if isinstance(value, Sequence):
        return [MappingProxyType({}), *[proxied(item) for item in value]][1:]
    return value


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=4), st.none(), max_size=8))
def test_keys_are_always_in_utf_16_order(members: dict[str, None]) -> None:
    written = list(cast("dict[str, None]", json.loads(canonical_json(members))))

    assert written == sorted(members, key=lambda key: key.encode("utf-16-be"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1,"a":2}', "twice"),
        ('[{"x":{"b":1,"b":1}}]', "twice"),
        ('{"a":1,"\\u0061":2}', "twice"),
        ("NaN", "NaN"),
        ("[Infinity]", "Infinity"),
        ("-Infinity", "Infinity"),
        ("1e400", "too great"),
        ("9007199254740993", "2\\^53-1"),
        ("295147905179352830001", "2\\^53-1"),
        ("9" * 5000, "2\\^53-1"),
        ('"\\ud800"', "surrogate"),
        ('{"\\uDC00":1}', "surrogate"),
        ("[" * 65 + "]" * 65, "deeper than 64"),
        ("[" * 65 + "1" + "]" * 65, "deeper than 64"),
        ("[" * 50_000, "deeper than 64"),
        ("", "not JSON"),
        ("{'a':1}", "not JSON"),
        ("[1,]", "not JSON"),
        ("1 2", "not JSON"),
        ('"a\nb"', "not JSON"),
        ("\ufeff1", "not JSON"),
    ],
)
def test_what_is_not_strict_json_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidJsonError, match=reason):
        read(text)


def test_a_repeated_key_is_found_quickly_among_many_and_shown_safely() -> None:
    members = [f'"{number}":0' for number in range(100_000)]
    text = f'{{{",".join(members)},"\\ud800{"x" * 1000}":1,"\\ud800{"x" * 1000}":1}}'

    with pytest.raises(InvalidJsonError, match="twice") as caught:
        parse_json(text.encode(), max_bytes=2_000_000)

    assert caught.value.message.isascii()
    assert len(caught.value.message) < 200


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(InvalidJsonError, match="UTF-8 at byte 1"):
        parse_json(b'"\xff"', max_bytes=10)


def test_a_document_over_the_size_is_refused_before_it_is_read() -> None:
    assert parse_json(b"[1]", max_bytes=3) == [1]
    with pytest.raises(InvalidJsonError, match="at most 2"):
        parse_json(b"[1]", max_bytes=2)


def test_the_depth_limit_counts_arrays_and_objects() -> None:
    assert parse_json(b'[{"a":1}]', max_bytes=20, max_depth=2) == [{"a": 1}]
    with pytest.raises(InvalidJsonError, match="deeper than 1 "):
        parse_json(b'[{"a":1}]', max_bytes=20, max_depth=1)


def test_an_escaped_surrogate_pair_is_one_character() -> None:
    assert read('"\\ud83d\\ude00"') == "\U0001f600"


def test_a_great_integer_is_read_as_the_float_whose_canonical_form_it_is() -> None:
    assert read("[1e18, 1000000000000000000, -9007199254740992]") == [1e18, 1e18, -(2.0**53)]
    assert isinstance(read("1000000000000000000"), float)
    assert isinstance(read("9007199254740991"), int)
