import json
from pathlib import Path

import pytest
from tests.unit.cli.running import run


def test_what_is_set_is_got_and_what_is_unset_is_the_default_again(tmp_path: Path) -> None:
    assert run("config", "set", "url", "https://models.example.org/").exit_code == 0
    assert run("config", "get", "url").stdout == "https://models.example.org\n"
    assert run("config", "path").stdout == f"{tmp_path}/config/modelkeep/config.toml\n"
    assert run("config", "unset", "url").stdout == "url is http://127.0.0.1:8080 now (default).\n"


def test_the_list_says_where_each_setting_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run("config", "set", "cache_dir", str(tmp_path))
    monkeypatch.setenv("MODELKEEP_URL", "https://models.example.org")
    items = json.loads(run("config", "list", "--output", "json").stdout)["items"]
    assert {item["key"]: item["source"] for item in items} == {
        "url": "MODELKEEP_URL",
        "output": "argument",
        "cache_dir": "settings file",
    }
    assert "MODELKEEP_URL" in run("config", "list").stdout


def test_every_verb_answers_with_json_where_it_is_wanted(tmp_path: Path) -> None:
    for words in (("set", "output", "table"), ("get", "output"), ("unset", "output"), ("path",)):
        assert json.loads(run("config", *words, "--output", "json").stdout)
    assert json.loads(run("config", "path", "--output", "json").stdout)["path"].startswith(str(tmp_path))


@pytest.mark.parametrize("words", [("set", "url", "nonsense"), ("set", "output", "xml"), ("get", "colour")])
def test_what_cannot_be_set_or_got_is_refused(words: tuple[str, ...]) -> None:
    done = run("config", *words)
    assert (done.exit_code, done.stdout) == (2, "")
