"""What commands do that have nobody to ask, and no server to speak to."""

import json
from pathlib import Path

import pytest
from tests.unit.cli.running import NOWHERE, run

from modelkeep.cli.progress import TransferProgress


def test_delete_wants_yes_where_nobody_can_be_asked() -> None:
    done = run("delete", "fraud/scorer:1.0.0")
    assert done.exit_code == 2
    assert "--yes" in done.stderr


@pytest.mark.parametrize(("words", "given"), [((), None), (("--token", "-"), "\n"), (("--token", " "), None)])
def test_login_wants_a_token_where_nobody_can_be_asked(words: tuple[str, ...], given: str | None) -> None:
    done = run("login", *words, given=given)
    assert done.exit_code == 2
    assert "oken" in done.stderr


def test_a_token_that_cannot_be_checked_is_not_kept(tmp_path: Path) -> None:
    done = run("login", "--url", NOWHERE, "--token", "-", given="mkp_x\n")
    assert done.exit_code == 10
    assert not (tmp_path / "config").exists()


def test_logout_from_where_nobody_was_logged_in_is_no_error() -> None:
    assert run("logout").stdout == "There was no token for http://127.0.0.1:8080.\n"


def test_doctor_goes_as_far_as_it_can_and_says_what_to_do() -> None:
    done = run("doctor", "--url", NOWHERE)
    assert done.exit_code == 1
    assert "server    problem  Cannot reach" in done.stdout
    assert "modelkeep serve" in done.stdout
    found = json.loads(run("doctor", "--url", NOWHERE, "--output", "json").stdout)
    assert found["ok"] is False
    assert {check["check"]: check["state"] for check in found["checks"]} == {
        "client": "ok",
        "cache": "ok",
        "settings": "ok",
        "server": "problem",
    }


def test_doctor_names_settings_and_a_cache_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MODELKEEP_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("MODELKEEP_URL", "nonsense")
    done = run("doctor")
    assert "cache     problem" in done.stdout
    assert "settings  problem" in done.stdout


@pytest.mark.parametrize(
    "words",
    [("--bump", "major", "--version", "1.0.0"), ("--metric", "auc=1", "--metric", "auc=2"), ("--signature", "/none")],
)
def test_push_refuses_what_contradicts_itself_before_it_asks_the_server(words: tuple[str, ...]) -> None:
    done = run("push", ".", "fraud/scorer", "--url", NOWHERE, *words)
    assert done.exit_code == 2


def test_an_alias_needs_a_name() -> None:
    done = run("alias", "rm", "fraud/scorer", "--url", NOWHERE)
    assert "MODEL@ALIAS" in done.stderr


def test_progress_is_silent_without_a_terminal_and_remembers_how_much_there_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with TransferProgress() as progress:
        progress.start("hashing", total_bytes=10, files=1)
        progress.advance(10)
        progress.done()
        progress.start("uploading", total_bytes=4, files=1)
    assert progress.totals == {"hashing": 10, "uploading": 4}
    assert capsys.readouterr() == ("", "")
