"""Ranges of versions: what npm reads, and that intervals of keys hold just the versions of a range."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.errors import Kind
from modelkeep.kernel.semver import Interval, InvalidVersionRangeError, Range, Version

# A range, versions in it, versions outside; from the tables of npm's documentation and the fixtures of node-semver.
BEHAVIOUR = [
    ("1.2.3", "1.2.3 1.2.3+asdf", "1.2.2 1.2.4 1.2.3-rc"),
    ("=1.2.3", "1.2.3", "1.2.4"),
    ("1.2.3+build", "1.2.3 1.2.3+other", "1.2.4"),
    ("1.2.3-rc.1", "1.2.3-rc.1", "1.2.3 1.2.3-rc.2"),
    ("*", "0.0.0 1.2.3 99.0.0", "1.2.3-foo"),
    ("x", "1.2.3", "1.0.0-0"),
    ("X.x.*", "1.2.3", "1.0.0-0"),
    ("1", "1.0.0 1.9.9", "0.9.9 2.0.0 1.0.0-beta 2.0.0-alpha"),
    ("1.x", "1.0.0 1.9.9", "2.0.0"),
    ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9 1.2.0-rc"),
    ("1.2.x", "1.2.0 1.2.9", "1.3.0"),
    ("=1.2", "1.2.0 1.2.9", "1.3.0"),
    ("^1.2.3", "1.2.3 1.8.1", "1.2.2 2.0.0 1.2.3-beta 2.0.0-alpha 1.2.3-pre"),
    ("^1.2", "1.2.0 1.4.2", "1.1.9 2.0.0-alpha 2.0.0"),
    ("^1", "1.0.0 1.9.0", "2.0.0 0.9.0"),
    ("^0.1.2", "0.1.2 0.1.9", "0.1.1 0.2.0 1.0.0"),
    ("^0.1", "0.1.0 0.1.9", "0.2.0"),
    ("^0.0.1", "0.0.1", "0.0.2 0.0.2-alpha"),
    ("^0.0", "0.0.0 0.0.9", "0.1.0"),
    ("^0", "0.0.0 0.9.9", "1.0.0"),
    ("^1.2.3-alpha", "1.2.3-alpha 1.2.3-pre 1.2.3 1.3.0", "1.2.4-alpha 1.3.0-alpha 2.0.0 1.2.3-0"),
    ("^0.0.1-alpha", "0.0.1-alpha 0.0.1-beta 0.0.1", "0.0.2 0.0.1-a"),
    ("^x", "1.2.3", "1.2.3-a"),
    ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2 1.3.0-alpha"),
    ("~> 1.2", "1.2.0 1.2.9", "1.3.0"),
    ("~1", "1.0.0 1.9.9", "2.0.0 0.9.9"),
    ("~0", "0.9.9", "1.0.0"),
    ("~1.2.3-beta.2", "1.2.3-beta.2 1.2.3-beta.4 1.2.4", "1.2.3-beta.1 1.2.4-beta.2 1.3.0"),
    (">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.3-rc 1.2.4-rc"),
    ("> 1.2", "1.3.0", "1.2.9 1.2.0"),
    (">1", "2.0.0", "1.9.9"),
    (">=1.2", "1.2.0 3.0.0", "1.1.9"),
    (">= 1.0.0-rc.1", "1.0.0-rc.1 1.0.0-rc.2 1.0.0 2.0.0", "1.0.0-beta 1.1.0-rc.1"),
    ("<1.2", "1.1.9 0.0.0", "1.2.0 1.2.0-alpha"),
    ("<1.2.3-rc", "1.2.2 1.2.3-beta", "1.2.3-rc 1.2.2-beta"),
    ("<=1.2", "1.2.9", "1.3.0"),
    ("<=2", "2.9.9", "3.0.0 3.0.0-alpha"),
    ("<=1.2.3", "1.2.3 1.2.3+b", "1.2.4"),
    ("<x", "", "0.0.0 1.0.0 0.0.0-0"),
    (">*", "", "0.0.0 1.0.0"),
    (">=*", "0.0.0 1.0.0", "1.0.0-a"),
    (">=1.2 <2", "1.2.0 1.9.9", "2.0.0 1.1.0"),
    (">=1,<2", "1.0.0 1.9.9", "2.0.0 0.9.0"),
    (">=1 , <2", "1.0.0", "2.0.0"),
    ("1.x <1.5", "1.4.9", "1.5.0"),
    (">2 <1", "", "0.5.0 1.5.0 2.5.0"),
    ("1.0.0 - 2.0.0", "1.0.0 1.2.3 2.0.0", "0.9.9 2.0.1 1.0.0-a"),
    ("1.2.3 - 3.4", "1.2.3 3.4.9", "3.5.0"),
    ("1.2 - 2", "1.2.0 2.9.9", "3.0.0 1.1.9"),
    ("* - 2.1", "0.0.0 2.1.9", "2.2.0"),
    ("1 - x", "1.0.0 9.0.0", "0.9.0"),
    ("1.2.3-pre+asdf - 2.4.3-pre+asdf", "1.2.3 1.2.3-pre.2 2.4.3-alpha", "2.4.3 1.2.4-alpha"),
    ("0.1.20 || 1.2.4", "0.1.20 1.2.4", "1.2.3 0.1.2"),
    ("<1||>=2.5", "0.9.0 2.5.0", "1.0.0 2.4.9"),
    ("^1.2 || ~3.0.0-rc.1", "1.2.0 3.0.0-rc.2 3.0.1", "2.0.0 3.1.0 1.3.0-rc.1"),
    ("  ^1.2  ", "1.2.0", "2.0.0"),
]

INVALID = [
    ("", 0),
    ("  ", 2),
    ("||", 0),
    ("1 ||", 4),
    ("1 || || 2", 5),
    ("|| 1", 0),
    ("1 | 2", 2),
    ("foo", 0),
    ("v1.2", 0),
    ("1.2.3.4", 0),
    ("01.2", 0),
    ("1.02", 0),
    ("1..2", 0),
    ("1.", 0),
    (">=", 0),
    ("^^1", 0),
    ("=>1", 0),
    ("==1", 0),
    ("!=1", 0),
    ("^1.2, ", 5),
    (",1", 0),
    ("1,,2", 2),
    (">=1 <", 4),
    ("1 - 2 - 3", 2),
    ("1 - 2 <3", 2),
    ("x.1", 0),
    ("^1 1.x.1", 3),
    ("1.x-rc", 0),
    ("1.2-rc", 0),
    ("1.2.x-rc", 0),
    ("1.2.3-01", 0),
    ("1.2.3-", 0),
    ("^1.2.3-a..b", 1),
    ("100000000000000000000", 0),
    ("1 || ^99999999999999999999", 4),
    ("1 - 99999999999999999999", 0),
    ("\u0661.x", 0),
]

PARTS = ["0", "1", "2", "10", "x", "0.0", "0.1", "1.2", "1.10", "1.x", "*"]
FULL = [
    "0.0.0",
    "0.0.1",
    "1.2.3",
    "1.2.3-rc.1",
    "1.2.3-0",
    "2.0.0-alpha",
    "0.1.0+b",
    "1.10.2",
    "99999999999999999998.0.0",
]
comparators = st.builds(
    str.__add__, st.sampled_from(["", "^", "~", "~> ", ">", ">=", "< ", "<=", "="]), st.sampled_from(PARTS + FULL)
)
alternatives = st.lists(comparators, min_size=1, max_size=3).map(" ".join) | st.builds(
    "{} - {}".format, st.sampled_from(PARTS + FULL), st.sampled_from(PARTS + FULL)
)
ranges = st.lists(alternatives, min_size=1, max_size=3).map("||".join)
versions = st.builds(
    Version,
    st.integers(0, 3),
    st.sampled_from([0, 1, 2, 3, 10, 11]),
    st.integers(0, 4),
    st.sampled_from([(), (), ("0",), ("alpha",), ("rc", "1"), ("rc", "2")]),
)


@pytest.mark.parametrize(("text", "inside", "outside"), BEHAVIOUR)
def test_a_range_holds_what_it_holds_for_npm(text: str, inside: str, outside: str) -> None:
    parsed = Range.parse(text)

    assert [version for version in inside.split() if not parsed.allows(Version.parse(version))] == []
    assert [version for version in outside.split() if parsed.allows(Version.parse(version))] == []


@pytest.mark.parametrize(("text", "position"), INVALID)
def test_what_is_no_range_is_refused_at_its_position(text: str, position: int) -> None:
    with pytest.raises(InvalidVersionRangeError, match=f"position {position} ") as caught:
        Range.parse(text)

    assert caught.value.kind is Kind.INVALID
    assert caught.value.details["position"] == position


def test_a_range_of_more_than_256_characters_is_refused() -> None:
    assert Range.parse("1" + " " * 255).text == "1.x"
    with pytest.raises(InvalidVersionRangeError, match="256"):
        Range.parse("1" + " " * 256)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1", "1.x"),
        ("1.2", "1.2.x"),
        ("=1.2", "1.2.x"),
        ("1.X.*", "1.x"),
        ("1.2.3", "=1.2.3"),
        ("1.2.3-rc.1+b", "=1.2.3-rc.1"),
        ("X", "*"),
        ("^*", "*"),
        ("> x", ">*"),
        ("~> 1.2.x", "~1.2"),
        (">= 1 ,<2", ">=1 <2"),
        ("1  -  2.x", "1 - 2"),
        ("x - 2", "* - 2"),
        ("^1||~2", "^1 || ~2"),
    ],
)
def test_a_range_has_one_canonical_text(text: str, canonical: str) -> None:
    assert str(Range.parse(text)) == canonical


def test_a_canonical_text_is_never_a_bare_number_or_version() -> None:
    assert all(any(mark in str(Range.parse(text)) for mark in "=x*") for text in PARTS + FULL)


@settings(max_examples=40)
@given(ranges)
def test_a_range_reads_back_from_its_text(text: str) -> None:
    parsed = Range.parse(text)

    assert Range.parse(str(parsed)) == parsed
    assert hash(Range.parse(str(parsed))) == hash(parsed)


@settings(max_examples=80)
@given(ranges, versions)
def test_the_intervals_of_a_range_hold_its_versions_and_no_others(text: str, version: Version) -> None:
    parsed = Range.parse(text)
    around = [interval for interval in parsed.intervals() if interval.contains(version.precedence_key)]

    assert parsed.allows(version) == any(part.allows_prerelease or not version.is_prerelease for part in around)


@settings(max_examples=40)
@given(alternatives, alternatives, versions)
def test_alternatives_are_a_union(one: str, other: str, version: Version) -> None:
    both = Range.parse(f"{one} || {other}")

    assert both.allows(version) == (Range.parse(one).allows(version) or Range.parse(other).allows(version))


def key(text: str) -> str:
    return Version.parse(text).precedence_key


def test_the_intervals_of_a_range_are_bounds_for_an_index() -> None:
    assert Range.parse("^1.2 || >3.0.0-rc.1").intervals() == (
        Interval(key("1.2.0"), upper_key=key("2.0.0-0"), upper_inclusive=False),
        Interval(key("3.0.0-rc.1"), lower_inclusive=False),
        Interval(
            key("3.0.0-rc.1"),
            lower_inclusive=False,
            upper_key=key("3.0.0"),
            upper_inclusive=False,
            allows_prerelease=True,
        ),
    )
    assert Range.parse("1.2.3").intervals() == (Interval(key("1.2.3"), upper_key=key("1.2.3")),)
    assert Range.parse("*").intervals() == (Interval(),)


@pytest.mark.parametrize("text", ["<*", ">2 <1", ">1.2.3 <1.2.3", ">=1.2.3 <1.2.3", "2 - 1", "1.2.3 1.2.4"])
def test_a_range_that_holds_nothing_has_no_interval(text: str) -> None:
    assert Range.parse(text).intervals() == ()


@pytest.mark.parametrize(("text", "inside", "outside"), BEHAVIOUR)
def test_the_intervals_agree_with_npm(text: str, inside: str, outside: str) -> None:
    def held(version: Version) -> bool:
        around = [interval for interval in Range.parse(text).intervals() if interval.contains(version.precedence_key)]
        return any(interval.allows_prerelease or not version.is_prerelease for interval in around)

    assert all(held(Version.parse(version)) for version in inside.split())
    assert not any(held(Version.parse(version)) for version in outside.split())


def test_the_bounds_of_an_interval_count_as_they_say() -> None:
    low, high = key("1.0.0"), key("2.0.0")

    assert Interval(low, upper_key=high).contains(low)
    assert Interval(low, upper_key=high).contains(high)
    assert not Interval(low, lower_inclusive=False).contains(low)
    assert not Interval(upper_key=high, upper_inclusive=False).contains(high)
