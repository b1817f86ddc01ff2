"""What an identity token and a logout token must say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelkeep.domains.access.domain.openid.claims import ClaimRefusedError
from modelkeep.domains.access.domain.openid.identity_tokens import Expected, ExternalIdentity, read_identity
from modelkeep.domains.access.domain.openid.logout_tokens import EVENT, LogoutOrder, read_logout
from modelkeep.domains.access.domain.sessions import StepUpRequiredError, require_recent_login
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, SessionId, SessionInfo

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
ISSUER, CLIENT = "https://login.example.org", "modelkeep"
EXPECTED = Expected(ISSUER, CLIENT, "the nonce", "groups")
ABSENT: Any = object()


def at(**later: float) -> int:
    return int((NOW + timedelta(**later)).timestamp())


def identity(
    *,
    access_token: str | None = None,
    algorithm: str = "RS256",
    expected: Expected = EXPECTED,
    **changed: Any,  # noqa: ANN401 - JSON
) -> ExternalIdentity:
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "248289761001",
        "iat": at(seconds=-1),
        "exp": at(minutes=5),
        "nonce": "the nonce",
    } | changed
    stated = {name: value for name, value in claims.items() if value is not ABSENT}
    return read_identity(stated, expected, NOW, algorithm=algorithm, access_token=access_token)


def test_issuer_and_subject_say_who_it_is_and_the_rest_is_only_told() -> None:
    found = identity(
        name=" Ana ", email="Ana@Example.org", email_verified=True, groups=["risk", "risk", 7], sid="s", auth_time=at()
    )
    assert (found.issuer, found.subject, found.name, found.session) == (ISSUER, "248289761001", "Ana", "s")
    assert (found.email, found.groups) == ("ana@example.org", frozenset({"risk"}))
    assert found.authenticated_at == NOW


def test_a_name_is_what_can_be_printed_of_it() -> None:
    assert identity(name="A\u202ena\x1b[2J\n\u200b").name == "Ana[2J"
    assert identity(name="\u200b", preferred_username="ana").name == "ana"
    assert identity(sub="\u200b").name == "user"


def test_who_was_asked_before_this_login_or_nobody_knows_when_has_not_just_proved_it() -> None:
    assert identity(auth_time=at(hours=-3)).authenticated_at == NOW - timedelta(hours=3)
    assert identity(auth_time=at(minutes=5)).authenticated_at == NOW
    unknown = session_of(identity().authenticated_at)
    with pytest.raises(StepUpRequiredError):
        require_recent_login(unknown, NOW)


@pytest.mark.parametrize("stated", [ABSENT, at(minutes=-2), "now", None])
def test_a_login_that_asks_anew_is_refused_unless_the_provider_has_asked_since(stated: object) -> None:
    anew = replace(EXPECTED, asked_at=NOW - timedelta(minutes=1))
    assert identity(expected=anew, auth_time=at(seconds=-50)).authenticated_at == NOW - timedelta(seconds=50)
    with pytest.raises(ClaimRefusedError) as refusal:
        identity(expected=anew, auth_time=stated)
    assert refusal.value.details == {"claim": "auth_time"}


def session_of(authenticated_at: datetime) -> Actor:
    info = SessionInfo(SessionId("s"), authenticated_at)
    return Actor(PrincipalId("ana"), "Ana", PrincipalKind.USER, frozenset(), session=info)


@pytest.mark.parametrize("verified", [ABSENT, False, "true", 1])
def test_an_email_counts_only_if_the_provider_has_verified_it(verified: object) -> None:
    assert identity(email="ana@example.org", email_verified=verified).email == ""


def test_groups_may_be_one_text_and_nothing_else() -> None:
    assert identity(groups="risk").groups == {"risk"}
    assert identity(groups={"risk": True}).groups == frozenset()


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "https://login.example.org/"),
        ("iss", ABSENT),
        ("aud", "another"),
        ("aud", ["another"]),
        ("aud", []),
        ("aud", ABSENT),
        ("exp", at(seconds=-31)),
        ("exp", ABSENT),
        ("exp", "never"),
        ("exp", True),
        ("exp", 1e300),
        ("iat", at(seconds=31)),
        ("iat", at(minutes=-11)),
        ("iat", ABSENT),
        ("nbf", at(seconds=31)),
        ("nonce", "another"),
        ("nonce", ABSENT),
        ("sub", ""),
        ("sub", ABSENT),
        ("sub", "x" * 256),
        ("azp", "another"),
    ],
)
def test_a_claim_that_is_not_as_it_should_be_refuses_the_login(claim: str, value: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(ClaimRefusedError) as refusal:
        identity(**{claim: value})
    assert refusal.value.details == {"claim": claim}


def test_a_token_for_several_needs_this_registry_as_its_authorized_party() -> None:
    assert identity(aud=["another", CLIENT], azp=CLIENT).subject
    with pytest.raises(ClaimRefusedError, match="azp"):
        identity(aud=["another", CLIENT])
    with pytest.raises(ClaimRefusedError, match="azp"):
        identity(aud=["another", CLIENT], azp="another")


def test_the_access_token_must_be_the_one_that_at_hash_names() -> None:
    # the example of OpenID Connect Core 1.0, appendix A.3
    access_token, at_hash = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "77QmUPtjPfzWtF2AnpK9RQ"
    assert identity(access_token=access_token, at_hash=at_hash).subject
    with pytest.raises(ClaimRefusedError, match="at_hash"):
        identity(access_token=access_token[::-1], at_hash=at_hash)
    with pytest.raises(ClaimRefusedError, match="at_hash"):
        identity(access_token=access_token, at_hash=at_hash, algorithm="RS512")


def logout(header: str = "logout+jwt", /, **changed: Any) -> LogoutOrder:  # noqa: ANN401 - JSON
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": CLIENT,
        "iat": at(),
        "exp": at(minutes=2),
        "jti": "once",
        "sub": "248289761001",
        "events": {EVENT: {}},
    } | changed
    stated = {name: value for name, value in claims.items() if value is not ABSENT}
    return read_logout(stated, ISSUER, CLIENT, NOW, token_type=header)


def test_a_logout_token_names_a_subject_or_a_session() -> None:
    assert logout() == LogoutOrder("248289761001", "", "once", NOW + timedelta(minutes=2))
    assert logout(sub=ABSENT, sid="s").session == "s"
    assert logout("JWT").subject


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "https://evil.example"),
        ("aud", "another"),
        ("exp", at(minutes=-1)),
        ("iat", at(minutes=1)),
        ("jti", ABSENT),
        ("sub", ABSENT),
        ("events", ABSENT),
        ("events", {"http://schemas.openid.net/event/other": {}}),
        ("events", {EVENT: "yes"}),
        ("nonce", "the nonce"),
    ],
)
def test_what_is_no_logout_token_ends_no_session(claim: str, value: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(ClaimRefusedError) as refusal:
        logout(**{claim: value})
    assert refusal.value.details == {"claim": claim}


def test_a_token_of_another_type_ends_no_session() -> None:
    with pytest.raises(ClaimRefusedError, match="typ"):
        logout("at+jwt")
