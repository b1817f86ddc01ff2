from dataclasses import fields
from pathlib import Path

import pytest

from modelkeep.app.secret_key import load_secret_key
from modelkeep.app.settings import PREFIX, LogFormat, Settings, default_data_dir
from modelkeep.kernel.errors import InvalidValueError, Kind


def test_without_any_setting_a_laptop_serves_itself(tmp_path: Path) -> None:
    settings = Settings.read({}, data_dir=tmp_path)
    assert (settings.host, settings.port, settings.is_local) == ("127.0.0.1", 8080, True)
    assert settings.database_url == f"sqlite:///{tmp_path / 'modelkeep.db'}"
    assert settings.store_url == str(tmp_path / "objects")


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    environment = {"MODELKEEP_HOST": "10.0.0.1", "MODELKEEP_PORT": "9000"}
    settings = Settings.read(environment, port=9001, workers=None)
    assert (settings.host, settings.port, settings.workers) == ("10.0.0.1", 9001, 1)


def test_every_setting_can_come_from_the_environment_with_its_type() -> None:
    environment = {
        "MODELKEEP_WORKERS": "3",
        "MODELKEEP_DATA_DIR": "/srv/modelkeep",
        "MODELKEEP_BEHIND_PROXY": "Yes",
        "MODELKEEP_LOG_FORMAT": "json",
        "MODELKEEP_DATABASE_URL": "postgresql://mk@db/mk",
    }
    settings = Settings.read(environment)
    assert settings.workers == 3
    assert settings.data_dir == Path("/srv/modelkeep")
    assert settings.behind_proxy is True
    assert settings.log_format is LogFormat.JSON
    assert settings.database_url == "postgresql://mk@db/mk"


def test_a_flag_has_the_type_of_its_setting() -> None:
    assert Settings.read({}, log_format="json").log_format is LogFormat.JSON


def test_what_one_process_reads_it_can_hand_to_another() -> None:
    settings = Settings.read({"MODELKEEP_LOG_FORMAT": "json"}, behind_proxy=True, port=1, data_dir=Path("/srv/mk"))
    environment = {PREFIX + item.name.upper(): str(getattr(settings, item.name)) for item in fields(settings)}
    assert Settings.read(environment) == settings


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("WORKERS", "1.5"),
        ("MAX_FILES", "0"),
        ("PART_BYTES", "-1"),
        ("DATABASE_POOL", "0"),
        ("BEHIND_PROXY", "maybe"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_variable_that_cannot_be_used_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(InvalidValueError, match=f"MODELKEEP_{name} is '{text}'") as refusal:
        Settings.read({f"MODELKEEP_{name}": text})
    assert refusal.value.kind is Kind.INVALID


def test_the_home_and_relative_folders_are_resolved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.read({"MODELKEEP_DATA_DIR": "~/models"}).data_dir == tmp_path / "models"
    monkeypatch.chdir(tmp_path)
    assert Settings.read({"MODELKEEP_DATA_DIR": "models"}).data_dir == tmp_path / "models"


def test_data_lies_where_the_desktop_standard_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir({"XDG_DATA_HOME": "/data"}) == Path("/data/modelkeep")
    assert default_data_dir({}) == tmp_path / ".local/share/modelkeep"


@pytest.mark.parametrize(
    ("host", "certificate", "url"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8080"),
        ("0.0.0.0", "", "http://127.0.0.1:8080"),  # noqa: S104 - nothing listens
        ("::", "", "http://127.0.0.1:8080"),
        ("::1", "", "http://[::1]:8080"),
        ("models.example", "cert.pem", "https://models.example:8080"),
    ],
)
def test_the_address_for_clients_of_this_machine(host: str, certificate: str, url: str) -> None:
    assert Settings.read({}, host=host, tls_certificate=certificate).url == url


def test_secrets_do_not_show_in_the_representation() -> None:
    assert "swordfish" not in repr(Settings.read({}, secret_key="swordfish" * 4))


def test_the_first_start_makes_a_key_that_only_its_owner_can_read_and_later_starts_find_it(tmp_path: Path) -> None:
    settings = Settings.read({}, data_dir=tmp_path / "data")
    key = load_secret_key(settings)
    assert len(key) >= 32
    assert load_secret_key(settings) == key
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret-key"]


def test_a_key_that_is_set_wins_over_the_file(tmp_path: Path) -> None:
    load_secret_key(Settings.read({}, data_dir=tmp_path))
    settings = Settings.read({}, data_dir=tmp_path, secret_key="k" * 32)
    assert load_secret_key(settings) == b"k" * 32


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="at least 32 characters"):
        load_secret_key(Settings.read({}, data_dir=tmp_path, secret_key="k" * 31))
