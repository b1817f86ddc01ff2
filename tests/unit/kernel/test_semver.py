"""Semantic versions: the grammar and the precedence of semver.org 2.0.0."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.errors import Kind
from modelkeep.kernel.semver import Bump, InvalidVersionError, Version

# The list behind the regular expression that semver.org suggests (regex101.com/r/vkijKf/1).
VALID = [
    "0.0.4",
    "1.2.3",
    "10.20.30",
    "1.1.2-prerelease+meta",
    "1.1.2+meta",
    "1.1.2+meta-valid",
    "1.0.0-alpha",
    "1.0.0-beta",
    "1.0.0-alpha.beta",
    "1.0.0-alpha.beta.1",
    "1.0.0-alpha.1",
    "1.0.0-alpha0.valid",
    "1.0.0-alpha.0valid",
    "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
    "1.0.0-rc.1+build.1",
    "2.0.0-rc.1+build.123",
    "1.2.3-beta",
    "10.2.3-DEV-SNAPSHOT",
    "1.2.3-SNAPSHOT-123",
    "1.0.0",
    "2.0.0",
    "1.1.7",
    "2.0.0+build.1848",
    "2.0.1-alpha.1227",
    "1.0.0-alpha+beta",
    "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
    "1.2.3----R-S.12.9.1--.12+meta",
    "1.2.3----RC-SNAPSHOT.12.9.1--.12",
    "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
    "1.0.0-0A.is.legal",
    "99999999999999999999.99999999999999999999.99999999999999999999",
    "1.0.0-99999999999999999999+099999999999999999999",
]

INVALID = [
    "1",
    "1.2",
    "1.2.3-0123",
    "1.2.3-0123.0123",
    "1.1.2+.123",
    "+invalid",
    "-invalid",
    "-invalid+invalid",
    "-invalid.01",
    "alpha",
    "alpha.beta",
    "alpha.beta.1",
    "alpha.1",
    "alpha+beta",
    "alpha_beta",
    "alpha.",
    "alpha..",
    "beta",
    "1.0.0-alpha_beta",
    "-alpha.",
    "1.0.0-alpha..",
    "1.0.0-alpha..1",
    "1.0.0-alpha...1",
    "1.0.0-alpha....1",
    "1.0.0-alpha.....1",
    "1.0.0-alpha......1",
    "1.0.0-alpha.......1",
    "01.1.1",
    "1.01.1",
    "1.1.01",
    "1.2.3.DEV",
    "1.2-SNAPSHOT",
    "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
    "1.2-RC-SNAPSHOT",
    "-1.0.3-gamma+b7718",
    "+justmeta",
    "9.8.7+meta+meta",
    "9.8.7-whatever+meta+meta",
    "99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1-----------..12",
    # Ours.
    "",
    " 1.0.0",
    "1.0.0 ",
    "1.0.0\n",
    "v1.0.0",
    "1.0.0-",
    "1.0.0+",
    "1.0.0-é",
    "\u0661.0.0",
    "1.0.0-\u0661",
    "100000000000000000000.0.0",
    "1.0.0-100000000000000000000",
    "1.0.0-" + "a" * 123,
]

# Section 11, and what follows from it.
PRECEDENCE = [
    "0.0.0-0",
    "0.0.0",
    "0.9.10",
    "0.10.0",
    "1.0.0-0",
    "1.0.0-0.0",
    "1.0.0-2",
    "1.0.0-11",
    "1.0.0--",
    "1.0.0-1a",
    "1.0.0-Z",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-",
    "1.0.0-alpha0",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1-alpha",
    "2.0.0",
    "2.1.0",
    "2.1.1",
    "10.0.0",
    "99999999999999999999.0.0",
]

numbers = st.integers(0, 12) | st.integers(0, 10**20 - 1)
words = st.text("09aZ-", max_size=4)
identifiers = numbers.map(str) | words.map("{}-".format)
versions = st.builds(
    Version,
    numbers,
    numbers,
    numbers,
    st.lists(identifiers, max_size=3).map(tuple),
    st.lists(words.map("0{}".format), max_size=2).map(tuple),
)
near_versions = st.builds(
    Version,
    st.integers(0, 1),
    st.integers(9, 10),
    st.integers(0, 1),
    st.lists(st.sampled_from(["0", "9", "10", "a", "a-", "a0", "A", "-", "0a"]), max_size=3).map(tuple),
)


def rank(version: Version) -> tuple[object, ...]:
    """Precedence by the words of section 11, for comparison with the key."""
    fields = [(0, int(field), "") if field.isdigit() else (1, 0, field) for field in version.prerelease]
    return (*version.numbers, 0 if fields else 1, fields)


def refusal_of(text: str) -> InvalidVersionError | None:
    try:
        Version.parse(text)
    except InvalidVersionError as error:
        return error
    return None


def test_a_valid_version_reads_back_as_it_was_written() -> None:
    assert [str(Version.parse(text)) for text in VALID] == VALID


def test_an_invalid_version_is_refused() -> None:
    refusals = [error for error in map(refusal_of, INVALID) if error is not None]

    assert [text for text in INVALID if refusal_of(text) is None] == []
    assert {error.kind for error in refusals} == {Kind.INVALID}
    assert all("major.minor.patch" in error.message and len(error.message) < 300 for error in refusals)


def test_the_parts_of_a_version_can_be_read() -> None:
    version = Version.parse("1.22.333-rc.1-x+build.007")

    assert version == Version(1, 22, 333, ("rc", "1-x"), ("build", "007"))
    assert version.numbers == (1, 22, 333)
    assert version.is_prerelease
    assert not Version(1, 0, 0).is_prerelease


@pytest.mark.parametrize(
    ("numbers", "prerelease", "build"),
    [
        ((-1, 0, 0), (), ()),
        ((0, 10**20, 0), (), ()),
        ((1, 0, 0), ("01",), ()),
        ((1, 0, 0), ("",), ()),
        ((1, 0, 0), ("a.b",), ()),
        ((1, 0, 0), (), ("a+b",)),
    ],
)
def test_a_version_cannot_be_made_of_parts_outside_the_grammar(
    numbers: tuple[int, int, int], prerelease: tuple[str, ...], build: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidVersionError):
        Version(*numbers, prerelease, build)


def test_precedence_follows_the_specification() -> None:
    parsed = [Version.parse(text) for text in PRECEDENCE]

    for lower, higher in itertools.combinations(parsed, 2):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower
        assert lower.precedence_key.encode() < higher.precedence_key.encode()
    assert sorted(parsed, reverse=True) == parsed[::-1]


def test_the_build_counts_for_equality_but_not_for_precedence() -> None:
    one, other = Version.parse("1.0.0+1"), Version.parse("1.0.0+2")

    assert one != other
    assert len({one, other, Version.parse("1.0.0+1")}) == 2
    assert one.precedence_key == other.precedence_key
    assert one <= other <= one
    assert not one < other
    assert not one > other


def test_a_version_is_not_compared_with_anything_else() -> None:
    version = Version(1, 0, 0)

    for compare in (version.__lt__, version.__le__, version.__gt__, version.__ge__):
        assert compare("1.0.0") is NotImplemented


@settings(max_examples=80)
@given(versions)
def test_every_version_reads_back_from_its_text(version: Version) -> None:
    text = str(version)
    if len(text) > 128:
        with pytest.raises(InvalidVersionError):
            Version.parse(text)
    else:
        assert Version.parse(text) == version


@settings(max_examples=80)
@given(near_versions, near_versions | versions)
def test_the_byte_order_of_keys_is_the_precedence_of_versions(one: Version, other: Version) -> None:
    key, other_key = one.precedence_key.encode("ascii"), other.precedence_key.encode("ascii")

    assert (key < other_key) == (rank(one) < rank(other)) == (one < other)
    assert (key == other_key) == (rank(one) == rank(other))
    assert (key > other_key) == (one > other)


def test_the_longest_key_stays_below_two_hundred_characters() -> None:
    longest = Version.parse("1.0.0-" + "a." * 60 + "aa")

    assert len(longest.precedence_key) <= 200


def test_a_key_never_changes_because_databases_keep_it() -> None:
    assert Version.parse("1.24.0+build").precedence_key == "A1B24A0~"
    assert Version.parse("1.24.0-rc.1.x").precedence_key == "A1B24A0arc!A1ax!"
    assert Version.parse("0.0.0-0").precedence_key == "A0A0A0A0"


# As npm's `inc`.
BUMPS = [
    ("1.2.3", Bump.MAJOR, "2.0.0"),
    ("1.2.3", Bump.MINOR, "1.3.0"),
    ("1.2.3", Bump.PATCH, "1.2.4"),
    ("1.2.3+build", Bump.PATCH, "1.2.4"),
    ("0.0.0", Bump.MAJOR, "1.0.0"),
    ("1.2.3-rc.1", Bump.MAJOR, "2.0.0"),
    ("1.2.3-rc.1", Bump.MINOR, "1.3.0"),
    ("1.2.3-rc.1", Bump.PATCH, "1.2.3"),
    ("1.2.3-rc.1+build", Bump.PATCH, "1.2.3"),
    ("1.3.0-rc.1", Bump.MINOR, "1.3.0"),
    ("1.3.0-rc.1", Bump.MAJOR, "2.0.0"),
    ("2.0.0-rc.1", Bump.MAJOR, "2.0.0"),
    ("2.0.0-rc.1", Bump.MINOR, "2.0.0"),
    ("2.0.0-rc.1", Bump.PATCH, "2.0.0"),
]


@pytest.mark.parametrize(("text", "part", "expected"), BUMPS)
def test_a_bump_gives_the_version_that_npm_gives(text: str, part: Bump, expected: str) -> None:
    assert str(Version.parse(text).bump(part)) == expected


@settings(max_examples=40)
@given(near_versions, st.sampled_from(Bump))
def test_a_bump_rises_to_a_release(version: Version, part: Bump) -> None:
    bumped = version.bump(part)

    assert bumped > version
    assert not bumped.prerelease
    assert not bumped.build


def test_a_bump_past_twenty_digits_is_refused() -> None:
    with pytest.raises(InvalidVersionError):
        Version(10**20 - 1, 0, 0).bump(Bump.MAJOR)
