import json
import stat
from pathlib import Path

import pytest

from modelkeep.client.credentials import (
    credentials_path,
    find_credential,
    load_credentials,
    registry_key,
    remove_credential,
    save_credential,
)
from modelkeep.client.errors import InvalidSettingError

URL = "http://127.0.0.1:8080"


def test_a_saved_token_is_found_again_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "config" / "credentials.json"
    save_credential(URL, "mkp_one", path=path)
    assert find_credential(URL, path=path) == "mkp_one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"default": URL, "registries": {URL: {"token": "mkp_one"}}}


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert find_credential(URL, path=tmp_path / "none.json") is None
    assert not remove_credential(URL, path=tmp_path / "none.json")


def test_the_first_registry_is_the_default_until_another_is_made_it(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    save_credential(URL, "mkp_one", path=path)
    save_credential("https://models.example.org", "mkp_two", path=path)
    assert load_credentials(path).default == URL
    save_credential("https://models.example.org", "mkp_three", make_default=True, path=path)
    assert load_credentials(path).default == "https://models.example.org"


def test_forgetting_the_default_makes_another_registry_the_default(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    save_credential(URL, "mkp_one", path=path)
    save_credential("https://models.example.org", "mkp_two", path=path)
    assert remove_credential(URL, path=path)
    assert find_credential(URL, path=path) is None
    assert load_credentials(path).default == "https://models.example.org"


def test_what_others_keep_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text('{"theme": "dark", "registries": {}}')
    save_credential(URL, "mkp_one", path=path)
    assert json.loads(path.read_text())["theme"] == "dark"


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"registries": []}', '{"registries": {"http://a": {}}}', "\udcff".encode(errors="replace")]
)
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "credentials.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidSettingError, match=r"credentials\.json.*modelkeep login"):
        load_credentials(path)


def test_a_token_does_not_show_in_the_representation(tmp_path: Path) -> None:
    path = save_credential(URL, "mkp_secret", path=tmp_path / "credentials.json")
    assert "mkp_secret" not in repr(load_credentials(path))


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://127.0.0.1:8080"),
        ("HTTPS://Models.Example.org:443/registry/", "https://models.example.org/registry"),
        ("http://[2001:db8::1]:9000", "http://[2001:db8::1]:9000"),
    ],
)
def test_one_registry_has_one_key_however_it_is_spelled(url: str, key: str) -> None:
    assert registry_key(url) == key


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8080", "ftp://host", "http://", "http://me:secret@host", "http://host?x=1", "http://host:x"]
)
def test_what_is_no_address_of_a_registry_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettingError):
        registry_key(url)


def test_the_file_is_where_the_xdg_specification_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert credentials_path() == tmp_path / "modelkeep" / "credentials.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert credentials_path() == tmp_path / ".config" / "modelkeep" / "credentials.json"
