from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.references import (
    Alias,
    ByDigest,
    Exact,
    InvalidReferenceError,
    Matching,
    ModelName,
    Number,
    Reference,
    Selector,
    check_namespace,
    parse_selector,
)
from modelkeep.kernel.semver import Range, Version

FAST = settings(max_examples=60)
DIGEST = "sha256:" + "0123456789abcdef" * 4
NOVEMBER = datetime(2026, 11, 16, 9, tzinfo=UTC)

namespaces = st.from_regex(r"[a-z0-9]{1,6}([._-][a-z0-9]{1,6}){0,2}", fullmatch=True)
models = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
versions = st.sampled_from(["0.0.1", "1.4.0", "10.20.30", "1.4.0-rc.1", "1.0.0-x.7.z.92+build.5", "2.0.0+sha.5114f85"])
ranges = st.sampled_from(
    [
        "^1.2",
        "~1.4",
        ">=1,<2",
        ">=1 <2",
        "1.x",
        "X",
        "*",
        "=1.2.3",
        "1.2 - 1.4",
        "^1 || ^3",
        "^12",
        "12.x",
        "<2.0.0-rc.1",
    ]
)
aliases = st.sampled_from(["champion", "Production", "latest", "v1", "v2-beta", "xgboost", "a", "A.b-c_d", "a" * 63])
selectors: st.SearchStrategy[Selector] = st.one_of(
    versions.map(lambda text: Exact(Version.parse(text))),
    ranges.map(lambda text: Matching(Range.parse(text))),
    st.integers(1, 2**31 - 1).map(Number),
    aliases.map(Alias),
    st.binary(max_size=4).map(lambda data: ByDigest(Digest.of(data))),
)
moments = st.datetimes(timezones=st.just(UTC))
references = st.builds(
    Reference, st.none() | namespaces, namespaces, models, st.none() | selectors, st.none() | moments
)


def refusal(text: str) -> InvalidReferenceError:
    with pytest.raises(InvalidReferenceError) as refused:
        Reference.parse(text)
    return refused.value


@FAST
@given(references)
def test_the_canonical_text_of_a_reference_parses_to_the_same_reference(reference: Reference) -> None:
    again = Reference.parse(str(reference))
    assert again == reference
    assert str(again) == str(reference)


@FAST
@given(selectors)
def test_a_selector_parses_without_its_model(selector: Selector) -> None:
    assert parse_selector(str(selector)) == selector
    assert parse_selector(str(selector).removeprefix(":")) == selector


pieces = st.sampled_from(
    [
        "fraud",
        "/",
        "scorer",
        ":",
        "::",
        "@",
        "1",
        "1.4.0",
        "^1.2",
        "x",
        "champion",
        DIGEST,
        " as of ",
        "2026-11-16",
        "T09:00Z",
    ]
)


@settings(max_examples=120)
@given(st.text(max_size=60) | st.lists(pieces, max_size=8).map("".join))
def test_any_text_is_a_reference_or_refused_with_a_position_inside_it(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except InvalidReferenceError as refused:
        position = refused.details["position"]
        assert isinstance(position, int)
        assert 0 <= position <= len(text)
        refused.message.encode()
    else:
        assert Reference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("fraud/scorer", None),
        ("fraud/scorer:1.4.0", Exact(Version.parse("1.4.0"))),
        ("fraud/scorer:1.4.0-rc.1+b.2", Exact(Version.parse("1.4.0-rc.1+b.2"))),
        ("fraud/scorer:1.4.0-x", Exact(Version.parse("1.4.0-x"))),
        ("fraud/scorer:12", Number(12)),
        ("fraud/scorer:^1.2", Matching(Range.parse("^1.2"))),
        ("fraud/scorer:~1.4", Matching(Range.parse("~1.4"))),
        ("fraud/scorer:>=1,<2", Matching(Range.parse(">=1,<2"))),
        ("fraud/scorer:>=1 <2", Matching(Range.parse(">=1 <2"))),
        ("fraud/scorer:1.2 - 1.4", Matching(Range.parse("1.2 - 1.4"))),
        ("fraud/scorer:^1 || ^3", Matching(Range.parse("^1 || ^3"))),
        ("fraud/scorer:^12", Matching(Range.parse("^12"))),
        ("fraud/scorer:12.x", Matching(Range.parse("12.x"))),
        ("fraud/scorer:*", Matching(Range.parse("*"))),
        ("fraud/scorer@champion", Alias("champion")),
        ("fraud/scorer@production", Alias("production")),
        ("fraud/scorer@latest", Alias("latest")),
        ("fraud/scorer@v1", Alias("v1")),
        (f"fraud/scorer@{DIGEST}", ByDigest(Digest.parse(DIGEST))),
    ],
)
def test_every_form_of_the_product_parses_with_and_without_peer_and_time(text: str, selector: Selector | None) -> None:
    assert Reference.parse(text) == Reference(None, "fraud", "scorer", selector)
    assert Reference.parse(f"team-b::{text}") == Reference("team-b", "fraud", "scorer", selector)
    whole = Reference.parse(f"team-b::{text} as of 2026-11-16T09:00Z")
    assert whole == Reference("team-b", "fraud", "scorer", selector, NOVEMBER)
    assert whole.model_name == ModelName("fraud", "scorer")


def test_a_bare_name_means_the_namespace_default() -> None:
    assert str(Reference.parse("scorer:1.4.0")) == "default/scorer:1.4.0"
    assert str(Reference.parse("team-b::Scorer_v2.1@champion")) == "team-b::default/Scorer_v2.1@champion"
    assert ModelName.parse("scorer") == ModelName.parse("default/scorer")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-16", datetime(2026, 11, 16, tzinfo=UTC)),
        ("2026-11-16T09:00Z", NOVEMBER),
        ("2026-11-16t09:00:00z", NOVEMBER),
        ("2026-11-16 10:00+01:00", NOVEMBER),
        ("2026-11-16T03:30:00-05:30", NOVEMBER),
        ("2026-11-16T09:00:00.123456789Z", NOVEMBER + timedelta(microseconds=123_456)),
        ("2026-11-16T09:00:00.5Z", NOVEMBER + timedelta(milliseconds=500)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_as_of_takes_a_date_or_an_rfc_3339_time(text: str, at: datetime) -> None:
    reference = Reference.parse(f"fraud/scorer@production  AS  of {text}")
    assert reference.as_of == at
    assert reference.as_of.tzinfo is UTC


def test_the_canonical_time_is_in_utc_to_the_second_or_microsecond() -> None:
    berlin = timezone(timedelta(hours=1))
    reference = Reference(None, "fraud", "scorer", None, datetime(2026, 11, 16, 10, tzinfo=berlin))
    assert str(reference) == "fraud/scorer as of 2026-11-16T09:00:00Z"
    precise = Reference.parse("fraud/scorer as of 2026-11-16T09:00:00.000001Z")
    assert str(precise) == "fraud/scorer as of 2026-11-16T09:00:00.000001Z"


@pytest.mark.parametrize(
    ("text", "position", "advice"),
    [
        ("", 0, "The model name is missing"),
        ("fraud/", 6, "The model name is missing"),
        ("/scorer", 0, "The namespace is missing"),
        ("a/b/c", 3, "A second '/' follows"),
        ("Fraud/scorer", 0, "namespace must be lower-case letters"),
        ("fraud--x/scorer", 5, "with single '.', '_' or '-'"),
        ("fraud-/scorer", 5, "with single"),
        ("a" * 64 + "/scorer", 63, "namespace must have at most 63 characters"),
        ("a" * 129, 128, "model name must have at most 128 characters"),
        ("fraud/..", 6, "start with a letter or a digit"),
        ("fraud/.", 6, "start with a letter or a digit"),
        ("fraud/scörer", 8, "model name must be letters"),
        (" fraud/scorer", 0, "namespace must be"),
        ("fraud/scorer ", 12, "model name must be"),
        ("fraud/scorer\n", 12, "model name must be"),
        ("::scorer", 0, "peer name is missing"),
        ("Team::scorer", 0, "peer name must be"),
        ("a::b::c", 5, "neither a number, nor an exact version, nor a range"),
        ("fraud/scorer:", 13, "must follow ':'"),
        ("a@", 2, "An alias, a stage or a sha256 digest must follow '@'"),
        ("fraud/scorer@1.4.0", 13, "numbers, versions and ranges follow ':'"),
        ("fraud/scorer@12", 13, "numbers, versions and ranges follow ':'"),
        ("fraud/scorer@^1.2", 13, "numbers, versions and ranges follow ':'"),
        ("fraud/scorer@v1.2", 13, "reads as a version"),
        ("fraud/scorer@x", 13, "reads as a version"),
        ("fraud/scorer@X.1", 13, "reads as a version"),
        ("fraud/scorer@" + "a" * 64, 76, "alias must have at most 63 characters"),
        ("fraud/scorer@champion:1", 21, "alias must be letters"),
        ("fraud/scorer@a b", 14, "alias must be letters"),
        ("fraud/scorer@sha256:abc", 13, "64 lower-case hexadecimal"),
        ("fraud/scorer@" + DIGEST.upper(), 13, "64 lower-case hexadecimal"),
        ("fraud/scorer@sha512:abc", 19, "alias must be"),
        ("fraud/scorer:" + DIGEST, 13, "a digest follows '@'"),
        ("fraud/scorer:champion", 13, "an alias, a stage or a digest follows '@'"),
        ("fraud/scorer:latest", 13, "follows '@'"),
        ("fraud/scorer:v1.4.0", 13, "without v, as in 1.4.0"),
        ("fraud/scorer:0", 13, "number of a version starts with 1 to 9"),
        ("fraud/scorer:012", 13, "starts with 1 to 9"),
        ("fraud/scorer:2147483648", 13, "numbered from 1 to 2147483647"),
        ("fraud/scorer:" + "9" * 900, 13, "numbered from 1 to 2147483647"),
        ("fraud/scorer:-1", 13, "neither a number, nor an exact version, nor a range"),
        ("fraud/scorer:1.02.3", 13, "not a semantic version"),
        ("fraud/scorer:1.2.3.4", 13, "not a semantic version"),
        ("fraud/scorer:>=1 <banana", 17, "A range has a version or a comparator here"),
        ("fraud/scorer:^", 13, "A range has a version or a comparator here"),
        ("fraud/scorer:" + "^1 || " * 100 + "^1", 13, "This range is not understood: The range has 602 characters"),
        ("fraud/scorer as of", 18, "A date or a time must stand here"),
        ("fraud/scorer as of yesterday", 19, "such as 2026-11-16 or"),
        ("fraud/scorer as of 2026-11-16T09", 29, "written behind its date as T09:00Z"),
        ("fraud/scorer as of 2026-11-16T09:00", 35, "add Z for UTC"),
        ("fraud/scorer as of 2026-11-16T09:00 CET", 35, "as an offset such as"),
        ("fraud/scorer as of 2026-02-30", 19, "no such date"),
        ("fraud/scorer as of 2026-11-16T25:00Z", 19, "no such date"),
        ("fraud/scorer as of 0001-01-01T00:00+14:00", 19, "no such date"),
        ("fraud/scorer as of 2026-11-16 as of 2026-11-17", 29, "written behind its date"),
        ("a" * 1025, 1024, "at most 1024 characters"),
    ],
)
def test_near_misses_are_shown_where_they_are_and_what_to_write_instead(text: str, position: int, advice: str) -> None:
    error = refusal(text)
    assert error.details == {"position": position}
    assert (error.code, error.kind) == ("kernel.invalid_reference", Kind.INVALID)
    with pytest.raises(InvalidReferenceError, match=advice):
        raise error


def test_a_partial_version_is_refused_with_every_thing_it_could_have_meant() -> None:
    message = refusal("fraud/scorer:1.2").message
    assert message.startswith(
        "1.2 is neither a number, nor an exact version, nor a range: write 1.2.0 for exactly this version, "
        "1.2.x for the newest 1.2, or ^1.2 for the newest compatible one, at character 14:\n"
        "  fraud/scorer:1.2\n"
        "               ^\n"
        "Write one of\n"
    )


def test_every_refused_reference_lists_the_forms() -> None:
    for text in ("", "a/b/c", "a@", "fraud/scorer:", "a as of now"):
        message = refusal(text).message
        for form in (":1.4.0", ":12", ":^1.2", "@champion", "@production", "@sha256:", "peer::", "as of 2026-11-16"):
            assert form in message


def test_values_made_by_hand_keep_the_same_rules() -> None:
    for make in (
        lambda: Alias("1.4.0"),
        lambda: Alias("x"),
        lambda: Alias(""),
        lambda: Number(0),
        lambda: Number(2**31),
        lambda: ModelName("Fraud", "scorer"),
        lambda: ModelName("fraud", "a/b"),
        lambda: Reference("Peer", "fraud", "scorer"),
        lambda: Reference(None, "fraud", "sco rer"),
        lambda: Reference(None, "fraud", "scorer", as_of=datetime(2026, 11, 16)),  # noqa: DTZ001 - the mistake itself
        lambda: check_namespace("a/b"),
        lambda: parse_selector(""),
        lambda: parse_selector("champion"),
    ):
        with pytest.raises(InvalidReferenceError):
            make()


@pytest.mark.parametrize("text", ["fraud", "team-b.risk_1", "0", "a" * 63])
def test_namespaces_follow_their_rule(text: str) -> None:
    assert check_namespace(text) == text
