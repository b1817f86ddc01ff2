from pathlib import Path

import pytest

from modelkeep.client.credentials import save_credential
from modelkeep.client.settings import resolve_settings


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("MODELKEEP_URL", raising=False)
    monkeypatch.delenv("MODELKEEP_TOKEN", raising=False)


def test_without_anything_set_it_is_this_machine() -> None:
    settings = resolve_settings()
    assert (settings.url, settings.token) == ("http://127.0.0.1:8080", None)


def test_the_credentials_file_gives_both_the_address_and_the_token() -> None:
    save_credential("https://models.example.org", "mkp_file")
    settings = resolve_settings()
    assert (settings.url, settings.token) == ("https://models.example.org", "mkp_file")
    assert settings.source_of_token == "credentials file"


def test_the_environment_goes_before_the_file_and_an_argument_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    save_credential("https://models.example.org", "mkp_file")
    monkeypatch.setenv("MODELKEEP_URL", "https://other.example.org")
    assert resolve_settings().url == "https://other.example.org"
    assert resolve_settings("https://third.example.org").url == "https://third.example.org"
    monkeypatch.setenv("MODELKEEP_TOKEN", "mkp_variable")
    assert resolve_settings().token == "mkp_variable"
    assert resolve_settings(token="mkp_argument").token == "mkp_argument"


def test_a_stored_token_goes_to_its_own_registry_only() -> None:
    save_credential("https://models.example.org", "mkp_file")
    assert resolve_settings("https://evil.example.org").token is None


def test_a_token_for_this_machine_is_found_by_either_name_and_the_name_is_kept() -> None:
    save_credential("http://127.0.0.1:8080", "mkp_file")
    settings = resolve_settings("http://localhost:8080/")
    assert (settings.url, settings.token) == ("http://localhost:8080", "mkp_file")


def test_a_token_does_not_show_in_the_representation() -> None:
    assert "mkp_secret" not in repr(resolve_settings(token="mkp_secret"))
