"""How far a token reaches, and that none reaches further than the one it is made with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.domains.access import Permission, Scope
from modelkeep.domains.access.domain.reach import UNLIMITED, WHOLE, Reach, TokenTooWideError
from modelkeep.kernel.errors import InvalidValueError

SCOPES = ["*", "fraud", "fraud/scorer", "risk", "risk/rater"]
NETWORKS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32", "2001:db8:1::/48"]
reaches = st.builds(
    Reach.parse,
    st.sets(st.sampled_from(sorted(Permission)), max_size=4),
    st.sets(st.sampled_from(SCOPES), max_size=3),
    st.sets(st.sampled_from(NETWORKS), max_size=3),
)


def test_what_is_not_limited_is_open() -> None:
    assert Reach.parse([], [], []) == UNLIMITED == Reach(WHOLE, WHOLE, ())
    assert Reach.parse(["*"], ["*"], []) == UNLIMITED


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ((["model.fly"], [], []), "is no permission; there are alias.write"),
        (([], [], ["10.0.0.1/8"]), "is no address or network"),
        (([], [], ["example.org"]), "is no address or network"),
        (([], ["fraud"] * 101, []), "at most 100 scopes"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(limits: tuple[list[str], list[str], list[str]], message: str) -> None:
    with pytest.raises(InvalidValueError, match=message):
        Reach.parse(*limits)


def test_a_part_is_limited_as_the_whole_is_where_it_says_nothing() -> None:
    whole = Reach.parse(["model.read", "version.read"], ["fraud"], ["10.0.0.0/8"])
    assert UNLIMITED.within(whole) == whole
    part = Reach.parse(["model.read"], ["fraud/scorer"], ["10.1.2.3"])
    assert part.within(whole) == part


@pytest.mark.parametrize(
    "wider",
    [
        (["model.read", "version.create"], [], []),
        ([], ["risk"], []),
        ([], ["fraud", "risk/rater"], []),
        ([], [], ["11.0.0.0/8"]),
        ([], [], ["2001:db8::/32"]),
        ([], [], ["10.0.0.0/7"]),
    ],
)
def test_a_part_that_reaches_beyond_the_whole_is_refused(wider: tuple[list[str], list[str], list[str]]) -> None:
    whole = Reach.parse(["model.read"], ["fraud"], ["10.0.0.0/8"])
    with pytest.raises(TokenTooWideError, match="does not reach"):
        Reach.parse(*wider).within(whole)


@settings(max_examples=200)
@given(reaches, reaches, st.sampled_from(SCOPES), st.sampled_from(NETWORKS))
def test_whatever_a_part_opens_the_whole_opens_too(part: Reach, whole: Reach, scope: str, network: str) -> None:
    try:
        made = part.within(whole)
    except TokenTooWideError:
        return
    assert made.permissions <= whole.permissions or whole.permissions == WHOLE
    assert not made.covers(scope) or whole.covers(scope)
    address = network.partition("/")[0]
    assert not made.admits(address) or whole.admits(address)


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("", False),
        ("testclient", False),
    ],
)
def test_a_token_for_some_networks_is_refused_elsewhere(address: str, admitted: bool) -> None:  # noqa: FBT001 - expected
    assert Reach.parse([], [], ["10.0.0.0/8", "2001:db8::/32"]).admits(address) is admitted
    assert UNLIMITED.admits(address)


def test_a_scope_covers_what_lies_in_it() -> None:
    reach = Reach.parse([], ["fraud"], [])
    assert reach.covers("fraud/scorer")
    assert not reach.covers("*")
    assert UNLIMITED.covers(str(Scope.parse("fraud/scorer")))
