import json
from pathlib import Path

import click
import pytest
from tests.unit.cli.running import NOWHERE, run

from modelkeep.cli.errors import EXIT_CODES, INTERRUPTED, UNEXPECTED, failure_of, report
from modelkeep.client.errors import BY_KIND, CorruptError, InvalidSettingError
from modelkeep.kernel.errors import Kind


def test_every_kind_has_an_exit_code_of_its_own() -> None:
    assert set(EXIT_CODES) == set(Kind)
    assert len(set(EXIT_CODES.values())) == len(Kind)
    assert not {0, UNEXPECTED, INTERRUPTED} & set(EXIT_CODES.values())


@pytest.mark.parametrize("kind", Kind)
def test_an_error_ends_with_the_code_of_its_kind_and_says_what_it_is_on_standard_error(
    kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(BY_KIND[kind]("what to do next"), as_json=False) == EXIT_CODES[kind]
    assert capsys.readouterr() == ("", "Error: what to do next\n")


def test_as_json_it_is_the_problem_document_of_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    error = BY_KIND[Kind.BLOCKED]("move them first", code="catalog.deletion_blocked", details={"aliases": ["champion"]})
    error.status, error.request_id = 409, "0198"
    report(error, as_json=True)
    assert json.loads(capsys.readouterr().err) == {
        "type": "urn:modelkeep:error:catalog.deletion_blocked",
        "code": "catalog.deletion_blocked",
        "detail": "move them first",
        "kind": "blocked",
        "context": {"aliases": ["champion"]},
        "status": 409,
        "request_id": "0198",
    }


def test_where_the_server_failed_the_request_is_named() -> None:
    error = CorruptError("the digest is wrong")
    error.status, error.request_id = 500, "0198"
    assert failure_of(error).message == "the digest is wrong (request 0198)"


def test_what_the_client_finds_out_is_told_alike() -> None:
    failure = failure_of(InvalidSettingError("no address", path="x"))
    assert (failure.exit_code, failure.problem["code"]) == (2, "client.invalid_setting")
    assert "status" not in failure.problem


def test_an_interrupt_is_no_defect() -> None:
    abort = click.Abort()
    abort.__cause__ = KeyboardInterrupt()
    assert failure_of(abort).exit_code == INTERRUPTED
    assert failure_of(KeyboardInterrupt()).exit_code == INTERRUPTED
    assert failure_of(click.Abort()).message == "Nothing was done."


def test_the_operating_system_is_quoted_with_the_file() -> None:
    failure = failure_of(PermissionError(13, "Permission denied", "/locked/x"))
    assert (failure.exit_code, failure.message) == (UNEXPECTED, "/locked/x: Permission denied")


def test_a_defect_says_how_to_report_it_and_shows_its_story_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert report(KeyError("x"), as_json=False) == UNEXPECTED
    assert "MODELKEEP_TRACEBACK=1" in (told := capsys.readouterr().err)
    assert "Traceback" not in told
    monkeypatch.setenv("MODELKEEP_TRACEBACK", "1")
    report(KeyError("x"), as_json=False)
    assert "KeyError: 'x'" in capsys.readouterr().err


def test_a_message_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report(BY_KIND[Kind.INVALID]("at:\n  \x1b[31mred\x07\n  ^"), as_json=False)
    assert capsys.readouterr().err == "Error: at:\n   [31mred \n  ^\n"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    done = run("whoami", "--url", NOWHERE)
    assert (done.exit_code, done.stdout) == (EXIT_CODES[Kind.UNAVAILABLE], "")
    assert done.stderr.startswith(f"Error: Cannot reach {NOWHERE}")


@pytest.mark.parametrize(
    "words",
    [
        ("--output", "json", "push"),
        ("push", "--output=json"),
        ("push", "--no-such-option", "--output", "json"),
        ("--no-such-option", "--output", "json"),
        ("pusch", "--output", "json"),
    ],
)
def test_mistakes_of_usage_are_problem_documents_too_where_json_is_wanted(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert json.loads(done.stderr)["code"] == "cli.usage"


def test_json_may_be_wanted_by_the_environment_or_the_settings_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MODELKEEP_OUTPUT", "json")
    assert json.loads(run("push").stderr)["kind"] == "invalid"
    monkeypatch.delenv("MODELKEEP_OUTPUT")
    file = tmp_path / "config" / "modelkeep" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("output = 'json'\n")
    assert json.loads(run("whoami", "--url", NOWHERE).stderr)["kind"] == "unavailable"
    assert run("whoami", "--url", NOWHERE, "--output", "table").stderr.startswith("Error: ")


def test_a_flag_behind_the_command_goes_before_one_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELKEEP_URL", "http://127.0.0.1:2")
    assert "http://127.0.0.1:4" in run("--url", "http://127.0.0.1:3", "whoami", "--url", "http://127.0.0.1:4").stderr
    assert "http://127.0.0.1:3" in run("--url", "http://127.0.0.1:3", "whoami").stderr


def test_an_output_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELKEEP_OUTPUT", "xml")
    done = run("config", "list")
    assert (done.exit_code, "table or json" in done.stderr) == (2, True)
