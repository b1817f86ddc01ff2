import time

import pytest

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.model_signing import IdentityPattern


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("email:ci@example.org", ["email:ci@example.org"], ["email:CI@example.org", "uri:ci@example.org"]),
        ("email:*@example.org", ["email:a.b@example.org", "email:@example.org"], ["email:a@b@example.org"]),
        ("email:*@example.org", [], ["email:a@example.org.evil", "email:a@sub.example.org", "email:a"]),
        ("uri:https://ci/acme/*/x", ["uri:https://ci/acme/repo/x"], ["uri:https://ci/acme/a/b/x", "uri:https://ci/x"]),
        ("uri:https://ci/*", ["uri:https://ci/acme"], ["uri:https://ci/acme/", "uri:https://ci.evil/acme"]),
        ("dns:*.ci.*.org", ["dns:a.ci.example.org", "dns:a.b.ci.c.d.org"], ["dns:ci.example.org", "dns:a.ci.org"]),
        ("dns:a*b*c", ["dns:abc", "dns:axxbxxc", "dns:abbcc"], ["dns:ac", "dns:acb", "dns:bc"]),
        ("dns:[ab].?", ["dns:[ab].?"], ["dns:a.x"]),
    ],
)
def test_a_star_stays_within_its_part_of_a_name(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [one for one in yes if not IdentityPattern(pattern).matches(one)] == []
    assert IdentityPattern(pattern).first_of(no) is None


@pytest.mark.parametrize("text", ["", "*", "email:", "ip:127.0.0.1", "ci@example.org", "email:" + "a" * 500])
def test_a_pattern_says_which_kind_of_name_it_is_for(text: str) -> None:
    with pytest.raises(InvalidValueError, match="no pattern of identities"):
        IdentityPattern(text)


def test_the_first_identity_that_fits_is_named() -> None:
    identities = ["dns:x", "email:a@example.org", "email:b@example.org"]
    assert IdentityPattern("email:*@example.org").first_of(identities) == "email:a@example.org"


def test_many_stars_take_no_longer() -> None:
    begun = time.perf_counter()
    assert not IdentityPattern("dns:" + "*a" * 200 + "*b").matches("dns:" + "a" * 100_000)
    assert time.perf_counter() - begun < 1
