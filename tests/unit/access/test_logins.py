"""Rules of logins: through a provider, and of the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from modelkeep.domains.access.domain.openid.logins import (
    START_PAGE,
    GroupChanges,
    LoginAttempt,
    LoginRefusedError,
    derived,
    digest_of,
    group_changes,
    local_path,
)
from modelkeep.domains.access.domain.openid.providers import (
    LoginProviderSettingError,
    ProviderDetails,
    new_provider,
)
from modelkeep.domains.access.domain.openid.terminals import (
    AuthorizationPendingError,
    DeviceLogin,
    LoginCode,
    LoginDeniedError,
    LoopbackRequest,
    SlowDownError,
    TerminalCodeRefusedError,
    TerminalLoginError,
    check_label,
    new_user_code,
    read_user_code,
    shown_code,
)
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
ANA = Actor(PrincipalId("ana"), "Ana", PrincipalKind.USER, frozenset())
ATTEMPT = LoginAttempt("s", digest_of("the cookie"), "corporate", "/", NOW + timedelta(minutes=10))
CHALLENGE = "c" * 43


def test_a_login_is_finished_in_the_browser_that_began_it_at_its_provider_and_in_time() -> None:
    ATTEMPT.check("corporate", "the cookie", NOW)
    for provider, browser, later in (
        ("other", "the cookie", timedelta()),
        ("corporate", "another cookie", timedelta()),
        ("corporate", "", timedelta()),
        ("corporate", "the cookie", timedelta(minutes=10)),
    ):
        with pytest.raises(LoginRefusedError):
            ATTEMPT.check(provider, browser, NOW + later)


def test_what_is_derived_differs_by_key_purpose_and_secret() -> None:
    values = {derived(key, what, secret) for key in (b"a", b"b") for what in ("nonce", "x") for secret in ("1", "2")}
    assert len(values) == 8
    assert all(43 <= len(value) <= 128 for value in values), "a PKCE verifier has that many characters"


@pytest.mark.parametrize(
    "wanted",
    [None, "", "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", "a"],
)
def test_nobody_is_sent_to_another_server_after_a_login(wanted: str | None) -> None:
    assert local_path(wanted) == START_PAGE


def test_a_page_of_this_server_is_shown_after_a_login() -> None:
    assert local_path("/login/device?user_code=WDJB-MJHT") == "/login/device?user_code=WDJB-MJHT"


def test_a_login_changes_mapped_groups_and_no_others() -> None:
    mapping = {"risk": "g1", "risk-leads": "g2", "everyone": "g3", "all": "g3"}
    assert group_changes(mapping, {"risk", "unheard of"}, {"g2", "g9"}) == GroupChanges(
        frozenset({"g1"}), frozenset({"g2"})
    )
    assert group_changes(mapping, {"all"}, {"g3"}) == GroupChanges(frozenset(), frozenset())
    assert group_changes({}, {"risk"}, {"g1"}) == GroupChanges(frozenset(), frozenset())


@pytest.mark.parametrize(
    "details",
    [
        {"issuer": "login.example.org"},
        {"issuer": "https://login.example.org/?tenant=1"},
        {"issuer": "https://user@login.example.org"},
        {"client_id": ""},
        {"client_id": "x" * 201},
        {"title": "a\nb"},
        {"algorithms": ()},
        {"algorithms": ("none",)},
        {"algorithms": ("RS256", "HS256")},
        {"scopes": ("profile",)},
        {"scopes": ("openid", "two words")},
        {"groups": {"risk": "g1"}},
        {"groups_claim": "groups", "groups": {str(number): "g" for number in range(501)}},
    ],
)
def test_a_provider_that_cannot_be_is_refused(details: dict[str, object]) -> None:
    with pytest.raises(LoginProviderSettingError):
        ProviderDetails(**{"issuer": "https://login.example.org", "client_id": "modelkeep", **details})  # type: ignore[arg-type]  # a table of wrong values


@pytest.mark.parametrize("name", ["", "Corporate", "a/b", "-a", "x" * 41])
def test_the_name_of_a_provider_is_part_of_an_address(name: str) -> None:
    with pytest.raises(LoginProviderSettingError):
        new_provider(name, ProviderDetails("https://login.example.org", "modelkeep"), ANA, NOW)


def test_a_provider_counts_its_changes() -> None:
    details = ProviderDetails("https://login.example.org", "modelkeep")
    provider = new_provider("corporate", details, ANA, NOW)
    changed, event = provider.change(ProviderDetails("https://login.example.org", "other"), ANA, NOW)
    assert (changed.revision, event.data["revision"]) == (2, 2)
    assert event.before != event.after
    changed.check_seen(2)
    changed.check_seen(None)
    with pytest.raises(StaleRevisionError):
        changed.check_seen(1)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:40000.evil.example/",
        "http://evil.example:40000/",
        "https://127.0.0.1:40000/",
        "http://127.0.0.1/",
        "http://127.0.0.1:80/",
        "http://user@127.0.0.1:40000/",
        "http://127.0.0.1:40000/?a=b",
        "http://127.0.0.1:40000/../x",
        "http://127.0.0.1:99999/",
        "http://localhost:40000/",
        "javascript:alert(1)",
    ],
)
def test_a_code_is_sent_to_this_machine_only(uri: str) -> None:
    with pytest.raises(TerminalLoginError):
        LoopbackRequest(uri, "s" * 16, CHALLENGE, "a laptop")


@pytest.mark.parametrize("challenge", ["", "plain", "c" * 42, "c" * 44, "c" * 42 + "="])
def test_a_code_without_an_s256_challenge_is_not_given(challenge: str) -> None:
    with pytest.raises(TerminalLoginError):
        LoopbackRequest("http://127.0.0.1:40000/", "s" * 16, challenge, "a laptop")


def test_a_loopback_login_names_its_machine_and_has_a_state() -> None:
    with pytest.raises(TerminalLoginError):
        LoopbackRequest("http://127.0.0.1:40000/", "short", CHALLENGE, "a laptop")
    with pytest.raises(TerminalLoginError):
        LoopbackRequest("http://127.0.0.1:40000/", "s" * 16, CHALLENGE, "a\nlaptop")
    request = LoopbackRequest("http://[::1]:40000/done", "s" * 16, CHALLENGE, "a laptop")
    assert request.origin == "http://[::1]:40000"
    assert request.answer(code="a b") == f"http://[::1]:40000/done?code=a+b&state={'s' * 16}"


def test_a_login_code_needs_its_verifier_and_counts_for_two_minutes() -> None:
    code = LoginCode("d", CHALLENGE, "a laptop", ANA.id, NOW + timedelta(minutes=2))
    code.check(CHALLENGE, NOW)
    for challenge, later in (("x" * 43, 0), (CHALLENGE, 120)):
        with pytest.raises(TerminalCodeRefusedError):
            code.check(challenge, NOW + timedelta(seconds=later))


def test_a_device_waits_until_somebody_decides() -> None:
    first = DeviceLogin("d", "WDJBMJHT", "a server", NOW + timedelta(minutes=10))
    asked = first.asked(NOW)
    with pytest.raises(AuthorizationPendingError) as pending:
        asked.outcome(first, NOW)
    assert pending.value.details == {"interval": 5}
    soon = NOW + timedelta(seconds=2)
    again = asked.asked(soon)
    with pytest.raises(SlowDownError) as slow:
        again.outcome(asked, soon)
    assert slow.value.details == {"interval": 10}
    late = NOW + timedelta(seconds=20)
    approved = DeviceLogin("d", "WDJBMJHT", "a server", first.expires_at, principal_id=ANA.id)
    assert approved.asked(late).outcome(approved, late) == ANA.id
    denied = DeviceLogin("d", "WDJBMJHT", "a server", first.expires_at, denied=True)
    with pytest.raises(LoginDeniedError):
        denied.outcome(denied, late)
    with pytest.raises(TerminalCodeRefusedError):
        approved.outcome(approved, first.expires_at)


def test_a_user_code_is_read_however_it_is_typed() -> None:
    code = new_user_code()
    assert read_user_code(f" {shown_code(code).lower()} ") == code
    for typed in ("", "WDJB", "AEIOUAEI", "WDJB-MJHT-X"):
        with pytest.raises(TerminalCodeRefusedError):
            read_user_code(typed)


def test_the_name_of_a_machine_can_be_shown() -> None:
    assert check_label("ana@laptop") == "ana@laptop"
    with pytest.raises(TerminalLoginError):
        check_label("x" * 101)
