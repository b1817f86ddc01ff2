import json
import os
import re
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.registry_server import RegistryServer
from tests.e2e.terminal import CommandLine

DIGEST = "sha256:"


@pytest.fixture(scope="module")
def cli(registry_server: RegistryServer, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A user with one model, `fraud/scorer`, of three versions; the first has an alias."""
    user = CommandLine(registry_server, tmp_path_factory.mktemp("user"))
    model = user.folder / "model"
    model.mkdir()
    (model / "weights.bin").write_bytes(os.urandom(200_000))
    facts = ("--metric", "auc=0.94", "--param", "lr=0.01", "--tag", "team=risk", "--message", "the first", "--no-git")
    assert user.run("push", "model", "fraud/scorer", *facts).code == 0
    for number, bump in ((2, "minor"), (3, "major")):
        (model / "README.md").write_text(f"version {number}")
        assert user.run("push", "model", "fraud/scorer", "--bump", bump, "--no-git").code == 0
    assert user.run("alias", "set", "fraud/scorer:1", "champion").code == 0
    return user


@pytest.fixture
def doomed(cli: CommandLine) -> str:
    """A version that nothing points to."""
    (cli.folder / "doomed.txt").write_text(os.urandom(8).hex())
    return str(cli.run("push", "doomed.txt", "spare/doomed", "--output", "json").json["reference"])


def test_a_push_says_what_came_of_it_and_what_to_type_next(cli: CommandLine) -> None:
    (cli.folder / "story").mkdir()
    (cli.folder / "story" / "a.txt").write_text("a" * 1000)
    done = cli.run("push", "story", "story")
    assert done.code == 0
    assert done.err == ""
    lines = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert (lines["version"], lines["number"], lines["files"]) == (
        "default/story:1.0.0",
        "1",
        "1 file, 1.0 kB, all of it sent",
    )
    assert lines["digest"].startswith(DIGEST)
    assert lines["next"] == "modelkeep pull default/story:1.0.0"
    assert "nothing was registered" in cli.run("push", "story", "story").out
    (cli.folder / "story" / "b.txt").write_text("b" * 1000)
    assert "2 files, 2.0 kB; 1.0 kB sent, 1.0 kB (50%) were here before" in cli.run("push", "story", "story").out


def test_a_push_records_all_that_it_is_told(cli: CommandLine) -> None:
    (cli.folder / "full.bin").write_bytes(b"weights")
    (cli.folder / "signature.json").write_text('{"inputs": [{"name": "x", "type": "double"}]}')
    told = [
        *("--version", "2.0.0-rc.1", "--description", "All of it.", "--training-data", "s3://lake/tx/2026-10"),
        *("--validation-data", "s3://lake/tx/2026-11", "--parent", "fraud/scorer:1.0.0", "--relation", "distilled"),
        *("--image", f"python@sha256:{'0' * 64}", "--signature", "signature.json", "--param", "seed=7"),
        *("--param", "name=007", "--param", "fast=true"),
    ]
    document = cli.run("push", "full.bin", "story/full", *told, "--output", "json").json
    assert document["reference"] == "story/full:2.0.0-rc.1"
    assert document["params"] == {"seed": 7, "name": "007", "fast": True}
    assert document["parents"][0]["relation"] == "distilled"
    assert document["signature"] == {"inputs": [{"name": "x", "type": "double"}]}
    shown = cli.run("show", "story/full:2.0.0-rc.1").out
    for text in ("All of it.", "s3://lake/tx/2026-10", "s3://lake/tx/2026-11", "distilled", "python@sha256", "double"):
        assert text in shown
    assert "story/full" in cli.run("search", "training_data.uri ~ 's3://lake/*'", "--order", "size desc").out


def test_models_and_versions_are_listed_found_and_shown(cli: CommandLine) -> None:
    assert cli.run("list", "fraud").out.splitlines()[1].split()[:2] == ["fraud/scorer", "3"]
    assert cli.run("list", "--filter", "name ~ 'fraud/sco*'", "--order", "name").out.count("fraud/scorer") == 1
    versions = cli.run("versions", "fraud/scorer").out.splitlines()
    assert [line.split()[0] for line in versions] == ["VERSION", "2.0.0", "1.1.0", "1.0.0"]
    assert "1.0.0" not in cli.run("versions", "fraud/scorer", "--filter", "version ~ '>1'").out
    assert "fraud/scorer:1.0.0" in cli.run("search", "metric.auc >= 0.9 and tag.team = 'risk'").out
    assert cli.run("search", "scor").out.count("fraud/scorer:") == 3
    assert cli.run("search", "nothing-like-it").err == "Nothing was found.\n"
    model = cli.run("show", "fraud/scorer").out
    assert "champion" in model
    assert "2.0.0" in model
    assert "auc" in cli.run("show", "fraud/scorer@champion").out
    assert "weights.bin" in cli.run("show", "fraud/scorer:1", "--files").out


def test_a_reference_is_resolved_now_and_as_of_a_time(cli: CommandLine) -> None:
    done = cli.run("resolve", "fraud/scorer:^1")
    labels = [line.split()[0] for line in done.out.splitlines()]
    assert (labels, max(map(len, done.out.splitlines()))) == (["version", "number", "digest"], 80)
    assert "fraud/scorer:1.1.0" in done.out
    assert cli.run("show", "fraud/scorer@champion", "--as-of", "2999-01-01").code == 0
    past = cli.run("show", "fraud/scorer@champion", "--as-of", "2001-01-01")
    assert (past.code, past.out) == (5, "")


def test_tags_aliases_and_metrics_change_and_aliases_keep_their_history(cli: CommandLine) -> None:
    assert "owner=ana" in cli.run("tag", "set", "fraud/scorer", "owner=ana", "tier=1").out
    assert "owner" not in cli.run("tag", "rm", "fraud/scorer", "owner").out
    assert "gpu=a100" in cli.run("tag", "set", "fraud/scorer:1.1.0", "gpu=a100").out
    assert "f1=0.88" in cli.run("metrics", "set", "fraud/scorer:1.1.0", "f1=0.88", "--dataset", "holdout").out
    assert "is now 1.1.0 (number 2)" in cli.run("alias", "set", "fraud/scorer:1.1.0", "candidate").out
    cli.run("alias", "set", "fraud/scorer:2.0.0", "candidate")
    assert "candidate" in cli.run("alias", "list", "fraud/scorer").out
    history = cli.run("alias", "history", "fraud/scorer@candidate").out.splitlines()[1:]
    assert [line.split()[1] for line in history] == ["2.0.0", "1.1.0"]
    assert "it was 2.0.0" in cli.run("alias", "rm", "fraud/scorer@candidate").out
    assert "candidate" not in cli.run("alias", "list", "fraud/scorer").out


def test_what_was_so_is_shown_with_who_made_it_so(cli: CommandLine) -> None:
    (cli.folder / "old.bin").write_bytes(b"deleted later")
    pushed = cli.run("push", "old.bin", "fraud/past", "--tag", "team=risk")
    assert pushed.code == 0, pushed.err
    cli.run("alias", "set", "fraud/past:1", "champion")
    changed = cli.run("tag", "set", "fraud/past:1", "team=growth", "--output", "json")
    then = json.loads(changed.out)["changed_at"]
    cli.run("alias", "rm", "fraud/past@champion")
    cli.run("tag", "rm", "fraud/past:1", "team")
    cli.run("delete", "fraud/past:1", "--yes")
    shown = cli.run("show", "fraud/past@champion", "--as-of", then).out
    assert re.search(r"by alias +champion, since .* by admin, audit entry [0-9]+", shown)
    assert "growth" in shown
    assert "1.0.0" in cli.run("show", "fraud/past", "--as-of", then).out
    assert "1.0.0" in cli.run("versions", "fraud/past", "--as-of", then).out
    assert "1.0.0" in cli.run("search", "tag.team = 'growth'", "--as-of", then).out
    assert "champion" in cli.run("alias", "list", "fraud/past", "--as-of", then).out
    values = cli.run("tag", "history", "fraud/past:1", "team", "--as-of", then).out.splitlines()[1:]
    assert [line.split()[1] for line in values] == ["growth", "risk"]
    assert cli.run("pull", "fraud/past@champion", "past", "--as-of", then).code == 0
    assert (cli.folder / "past" / "old.bin").read_bytes() == b"deleted later"
    assert cli.run("pull", "fraud/past:1", "now").code == 5
    wrong = cli.run("show", "fraud/past", "--as-of", "last week")
    assert wrong.code == 2
    assert "'7 days ago'" in wrong.err


def test_a_pull_brings_the_bytes_and_says_where_they_are(cli: CommandLine) -> None:
    done = cli.run("pull", "fraud/scorer@champion")
    assert done.code == 0
    pulled = cli.folder / "scorer-1.0.0"
    assert str(pulled) in done.out
    assert (pulled / "weights.bin").read_bytes() == (cli.folder / "model" / "weights.bin").read_bytes()
    assert "from the cache" in cli.run("pull", "fraud/scorer:1", "elsewhere").out
    (cli.folder / "taken").mkdir()
    (cli.folder / "taken" / "mine.txt").touch()
    assert cli.run("pull", "fraud/scorer:1", "taken").code == 6
    assert cli.run("pull", "fraud/scorer:1", "taken", "--force").code == 0
    assert sorted(path.name for path in (cli.folder / "taken").iterdir()) == ["mine.txt", "weights.bin"]


def test_what_is_deleted_is_listed_apart_and_can_be_restored(cli: CommandLine, doomed: str) -> None:
    assert "is deleted" in cli.run("delete", doomed, "--yes").out
    assert cli.run("resolve", doomed).code == 5
    assert doomed.partition(":")[2] in cli.run("versions", "spare/doomed", "--deleted").out
    assert "is back" in cli.run("restore", doomed).out
    assert "is deleted" in cli.run("delete", "spare/doomed", "--yes").out
    assert "spare/doomed" in cli.run("list", "--deleted").out
    assert "is back" in cli.run("restore", "spare/doomed").out


def test_every_command_answers_with_the_json_of_the_api(cli: CommandLine, doomed: str) -> None:
    def answer(*words: str) -> dict[str, object]:
        done = cli.run(*words, "--output", "json")
        assert (done.code, done.err) == (0, ""), words
        document = done.json
        assert isinstance(document, dict)
        return document

    version, model = "fraud/scorer:1.0.0", "fraud/scorer"
    for verb in ("resolve", "show"):
        assert answer(verb, version)["reference"] == version
    assert answer("tag", "set", version, "a=b")["reference"] == version
    assert answer("tag", "rm", version, "a")["reference"] == version
    assert answer("metrics", "set", version, "recall=0.5")["reference"] == version
    assert answer("show", model)["name"] == model
    assert answer("tag", "set", model, "a=b")["name"] == model
    assert answer("tag", "rm", model, "a")["name"] == model
    for line in ("list", f"versions {model}", "search scorer", "config list", f"alias list {model}"):
        assert answer(*line.split()).keys() == {"items", "next_page_token"}, line
    assert answer("alias", "history", model, "champion")["items"]
    assert answer("alias", "set", version, "spare")["name"] == "spare"
    assert answer("alias", "rm", model, "spare")["until"]
    assert answer("delete", doomed, "--yes")["deleted_at"]
    assert answer("restore", doomed)["deleted_at"] is None
    assert answer("pull", version, "as-json")["path"] == str(cli.folder / "as-json")
    assert answer("show", version, "--files")["schema_version"] == 1
    assert answer("whoami")["name"] == "admin"
    assert answer("doctor")["ok"] is True


def test_lists_of_json_go_page_by_page_or_all_at_once(cli: CommandLine) -> None:
    words = ("versions", "fraud/scorer", "--output", "json")
    first = cli.run(*words, "--limit", "2").json
    second = cli.run(*words, "--limit", "2", "--page-token", first["next_page_token"]).json
    assert [item["number"] for item in (*first["items"], *second["items"])] == [3, 2, 1]
    assert second["next_page_token"] is None
    assert len(cli.run(*words, "--all").json["items"]) == 3
    limited = cli.run("versions", "fraud/scorer", "--limit", "2")
    assert (len(limited.out.splitlines()), "--all" in limited.err) == (3, True)


@pytest.mark.parametrize(
    ("words", "code", "advice"),
    [
        (("search", "metric.auc >"), 2, "^"),
        (("resolve", "fraud/scorer@@"), 2, "fraud/scorer:^1.2"),
        (("show", "fraud/none"), 5, "modelkeep push"),
        (("resolve", "fraud/scorer:9.9.9"), 5, ""),
        (("push", "model", "fraud/scorer", "--version", "1.0.0"), 6, ""),
        (("delete", "fraud/scorer:1", "--yes"), 8, "champion"),
        (("push", "nothing-here", "fraud/scorer"), 2, "nothing-here"),
        (("alias", "set", "fraud/scorer:1", "production"), 2, "stage"),
        (("list", "--order", "colour"), 2, "created"),
    ],
)
def test_a_refusal_ends_with_the_code_of_its_kind_and_with_advice(
    cli: CommandLine, words: tuple[str, ...], code: int, advice: str
) -> None:
    done = cli.run(*words)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("Error: ")
    assert advice in done.err


def test_with_json_a_refusal_is_the_problem_document_of_the_server(cli: CommandLine) -> None:
    problem = json.loads(cli.run("delete", "fraud/scorer:1", "--yes", "--output", "json").err)
    assert problem.keys() >= {"type", "detail", "request_id"}
    assert (problem["kind"], problem["code"], problem["status"]) == ("blocked", "catalog.deletion_blocked", 409)
    assert problem["context"] == {"aliases": ["champion"]}


def test_a_corrupt_file_is_named_and_does_not_land(cli: CommandLine) -> None:
    (cli.folder / "brittle.bin").write_bytes(os.urandom(5000))
    cli.run("push", "brittle.bin", "story/brittle")
    entry = cli.run("show", "story/brittle:1", "--files", "--output", "json").json["files"][0]
    stored = next(cli.server.objects.rglob(entry["digest"].removeprefix(DIGEST)))
    stored.chmod(0o644)
    stored.write_bytes(b"x" * 5000)
    done = cli.run("pull", "story/brittle:1", "broken")
    assert (done.code, "brittle.bin" in done.err, (cli.folder / "broken").exists()) == (11, True, False)


def test_login_keeps_a_token_that_works_and_logout_forgets_it(cli: CommandLine, tmp_path: Path) -> None:
    stored = json.loads((cli.server.folder / "config" / "modelkeep" / "credentials.json").read_text())
    token = next(iter(stored["registries"].values()))["token"]
    other = {"XDG_CONFIG_HOME": str(tmp_path), "MODELKEEP_URL": ""}
    assert cli.run("whoami", variables={**other, "MODELKEEP_URL": cli.server.url}).code == 3
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert cli.run("login", "--url", cli.server.url, "--token", wrong, variables=other).code == 3
    done = cli.run("login", "--url", cli.server.url, "--token", "-", given=f"{token}\n", variables=other)
    assert "as admin" in done.out
    assert token not in done.out
    file = tmp_path / "modelkeep" / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert cli.server.url in cli.run("whoami", variables=other).out
    assert "is forgotten" in cli.run("logout", variables=other).out
    assert token not in file.read_text()


def test_a_token_is_printed_once_listed_and_revoked(cli: CommandLine, tmp_path: Path) -> None:
    made = cli.run("token", "create", "reader", "--permission", "model.read", "--days", "3")
    other = {"XDG_CONFIG_HOME": str(tmp_path), "MODELKEEP_TOKEN": made.out.strip(), "MODELKEEP_URL": cli.server.url}
    assert "model.read" in cli.run("whoami", variables=other).out
    listed = cli.run("token", "list", "--output", "json").json["items"][0]
    assert (listed["name"], made.out.strip() in str(listed)) == ("reader", False)
    assert "is revoked" in cli.run("token", "revoke", listed["id"]).out
    assert cli.run("whoami", variables=other).code == 3


def test_doctor_finds_all_in_order_or_a_token_that_is_not(cli: CommandLine) -> None:
    done = cli.run("doctor")
    checks = dict(line.split()[:2] for line in done.out.splitlines())
    expected = {"client", "cache", "settings", "server", "ready", "clock", "token", "jobs"}
    assert (done.code, checks) == (0, dict.fromkeys(expected, "ok"))
    sick = cli.run("doctor", variables={"MODELKEEP_TOKEN": "mkp_wrong"})
    assert sick.code == 1
    assert "token     problem" in sick.out
    assert "modelkeep login" in sick.out


def test_migrate_brings_a_new_database_up_to_date(cli: CommandLine, tmp_path: Path) -> None:
    assert cli.run("migrate", "--data-dir", str(tmp_path)).code == 0
    assert "already" in cli.run("migrate", "--data-dir", str(tmp_path)).out


def test_a_shell_completes_commands(cli: CommandLine) -> None:
    asked = {"_MODELKEEP_COMPLETE": "bash_complete", "COMP_WORDS": "modelkeep pul", "COMP_CWORD": "1"}
    assert cli.run(variables=asked).out.split() == ["plain,pull"]


def test_a_reader_who_has_seen_enough_is_no_failure_of_the_program(cli: CommandLine) -> None:
    process = cli.start("versions", "fraud/scorer", "--output", "json", "--all")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) in (0, 1)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let child processes be interrupted also where this one is not, as in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_at_once_with_130(cli: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = cli.start("whoami", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}")
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
    assert (process.returncode, told.strip()) == (130, "Error: Interrupted.")


def test_on_a_terminal_a_push_and_a_pull_show_how_far_they_are(cli: CommandLine) -> None:
    (cli.folder / "large.bin").write_bytes(os.urandom(30_000_000))
    pushed = cli.on_terminal("push", "large.bin", "story/large")
    assert (pushed.code, "Uploading" in pushed.plain, "MB/s" in pushed.plain) == (0, True, True)
    pulled = cli.on_terminal("pull", "story/large:1", "large")
    assert (pulled.code, "Downloading" in pulled.plain, "/30.0 MB" in pulled.plain) == (0, True, True)


def test_on_a_terminal_tables_fit_and_colours_can_be_turned_off(cli: CommandLine) -> None:
    cli.run("tag", "set", "fraud/scorer", f"note={'a long note ' * 20}")
    done = cli.on_terminal("list", "fraud")
    assert max(map(len, done.plain.splitlines())) <= 80
    assert "a long note" in done.plain
    assert "\x1b[1m" in done.out
    assert "\x1b[1m" in cli.on_terminal("show", "fraud/scorer").out
    for words in (("show", "fraud/scorer"), ("show", "fraud/none"), ("list", "fraud", "--limit", "1")):
        without = cli.on_terminal(*words, variables={"NO_COLOR": "1"}).out
        assert "\x1b[3" not in without
        assert "\x1b[9" not in without


def test_on_a_terminal_delete_asks_first(cli: CommandLine, doomed: str) -> None:
    kept = cli.on_terminal("delete", doomed, asked="[y/N]", typed="n\n")
    assert (kept.code, f"Delete {doomed}" in kept.plain, "Nothing was done." in kept.plain) == (1, True, True)
    assert cli.run("resolve", doomed).code == 0
    assert "is deleted" in cli.on_terminal("delete", doomed, asked="[y/N]", typed="y\n").plain


def test_on_a_terminal_login_asks_for_the_token_and_does_not_show_it(cli: CommandLine, tmp_path: Path) -> None:
    elsewhere = {"XDG_CONFIG_HOME": str(tmp_path)}
    done = cli.on_terminal("login", "--url", cli.server.url, asked="Token:", typed="mkp_secret\n", variables=elsewhere)
    assert done.code == 3
    assert "mkp_secret" not in done.plain
