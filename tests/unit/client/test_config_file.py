from pathlib import Path

import pytest

from modelkeep.client.config_file import config_path, load_config, remove_setting, save_setting
from modelkeep.client.errors import InvalidSettingError
from modelkeep.client.settings import resolve_settings


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("MODELKEEP_URL", raising=False)


def written(text: str) -> Path:
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_nothing_is_set() -> None:
    assert load_config() == {}


def test_what_was_saved_is_loaded() -> None:
    save_setting("url", "https://models.example.org/")
    save_setting("output", "json")
    assert load_config() == {"url": "https://models.example.org", "output": "json"}


def test_the_address_in_the_file_counts_unless_the_environment_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    save_setting("url", "https://models.example.org")
    settings = resolve_settings()
    assert (settings.url, settings.source_of_url) == ("https://models.example.org", "settings file")
    monkeypatch.setenv("MODELKEEP_URL", "https://other.example.org")
    assert resolve_settings().url == "https://other.example.org"


def test_comments_tables_and_unknown_keys_stay_where_they_are() -> None:
    path = written('# mine\noutput = "table"\nnewer = 3\n\n[other]\nurl = "not ours"')
    save_setting("output", "json")
    save_setting("url", "https://a.example.org")
    assert path.read_text(encoding="utf-8") == (
        '# mine\noutput = "json"\nnewer = 3\n\nurl = "https://a.example.org"\n[other]\nurl = "not ours"\n'
    )


def test_a_setting_that_is_removed_is_gone_and_removing_it_again_is_fine() -> None:
    save_setting("output", "json")
    remove_setting("output")
    remove_setting("output")
    assert load_config() == {}


def test_a_value_that_is_wrong_in_the_file_can_be_set_right() -> None:
    written("output = 'xml'\n")
    with pytest.raises(InvalidSettingError, match="table or json"):
        load_config()
    save_setting("output", "table")
    assert load_config() == {"output": "table"}


def test_a_file_that_is_no_toml_is_named_and_left_alone() -> None:
    path = written("output = \n")
    with pytest.raises(InvalidSettingError, match=r"config\.toml cannot be used"):
        save_setting("url", "https://a.example.org")
    assert path.read_text(encoding="utf-8") == "output = \n"


def test_a_value_written_over_several_lines_is_left_alone() -> None:
    path = written('output = """\ntable"""\n')
    before = path.read_text(encoding="utf-8")
    with pytest.raises(InvalidSettingError):
        save_setting("output", "json")
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("key", "value"),
    [("colour", "red"), ("url", "models.example.org"), ("output", "xml"), ("cache_dir", "relative"), ("url", "")],
)
def test_what_cannot_be_set_is_refused(key: str, value: str) -> None:
    with pytest.raises(InvalidSettingError):
        save_setting(key, value)
    assert not config_path().exists()


def test_the_cache_folder_may_begin_with_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    save_setting("cache_dir", "~/big")
    assert load_config() == {"cache_dir": str(tmp_path / "big")}
