"""The story of a model in production: five people at the command line, from the first push to the evidence."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.clocked_server import ClockedServer
from tests.e2e.terminal import CommandLine, Done
from tests.servers.postgres import PostgresServer

DATA = "s3://lake/tx/2026-10"
BLOCKED, CORRUPT = 8, 11
APPROVERS = {("lea", "TEAM_LEAD"), ("leo", "LEGAL"), ("sam", "SECURITY")}


@dataclass(frozen=True)
class People:
    """Who works with fraud/scorer: who makes it, the three who are asked, who moves it, and who runs the registry."""

    ana: CommandLine
    lead: CommandLine
    legal: CommandLine
    security: CommandLine
    max: CommandLine
    admin: CommandLine


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ClockedServer]:
    server = ClockedServer(tmp_path)
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        server.database_url = postgres.url(postgres.new_database())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def people(server: ClockedServer) -> People:
    admin = server.administrator()
    people = People(
        server.person("ana", ("contributor", "fraud")),
        server.person("lea", ("TEAM_LEAD", "fraud")),
        server.person("leo", ("LEGAL", "fraud")),
        server.person("sam", ("SECURITY", "fraud")),
        server.person("max", ("maintainer", "fraud")),
        admin,
    )
    with server.connect_as(admin) as registry:
        registry.create_namespace("fraud")
    return people


def did(done: Done, code: int = 0) -> Done:
    assert done.code == code, (done.out, done.err)
    return done


def told(person: CommandLine, *words: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    return did(person.run(*words, "--output", "json"), code).json


def push(person: CommandLine, content: str) -> str:
    path = person.folder / "model.bin"
    path.write_text(content)
    pushed = told(
        person, "push", str(path), "fraud/scorer", "--metric", f"auc=0.9{len(content)}", "--training-data", DATA
    )
    return str(pushed["reference"])


def ask(person: CommandLine, reference: str, stage: str) -> str:
    """Ask for a promotion that cannot be made yet; return the id of the request."""
    asked = told(person, "promote", reference, stage, "--reason", "beats the champion", code=BLOCKED)
    assert asked["status"] == "open"
    return str(asked["id"])


def move(person: CommandLine, request: str, reference: str, stage: str) -> None:
    moved = told(person, "promote", reference, stage, "--reason", "the approvals are in")
    assert (moved["id"], moved["status"]) == (request, "promoted")


def in_production(person: CommandLine, at: datetime | None = None) -> str:
    when = [] if at is None else ["--as-of", at.isoformat()]
    return str(told(person, "resolve", "fraud/scorer@production", *when)["reference"])


def approved(person: CommandLine, at: datetime | None) -> tuple[str, str, set[tuple[str, str]]]:
    """Return by which request what was in production was there, in which manner, and who had approved it."""
    when = [] if at is None else ["--as-of", at.isoformat()]
    found = told(person, "approvals", "fraud/scorer@production", *when)
    people = {(vote["voter"]["name"], vote["step"]) for vote in found["votes"]}
    return found["request"]["id"], found["request"]["manner"], people


def asked_again(person: CommandLine) -> Any:  # noqa: ANN401 - JSON
    """Return what waits for a person whose vote has lapsed, as soon as the background work has seen it."""
    deadline = time.monotonic() + 30
    while not (found := [item for item in told(person, "inbox")["items"] if item["waiting"] == "vote_again"]):
        assert time.monotonic() < deadline
    return found[0]


def test_from_the_first_push_to_the_evidence(server: ClockedServer, people: People) -> None:
    first = push(people.ana, "good")
    assert f"modelkeep card edit {first} --set" in did(people.ana.run("card", "draft", first, "--save"), code=2).err
    did(people.ana.run("card", "edit", first, "--set", "overview.description=Scores payments"))
    staging = ask(people.ana, first, "Staging")
    did(people.lead.run("approve", staging, "--comment", "go and try"))
    move(people.max, staging, first, "Staging")
    assert people.ana.run("resolve", "fraud/scorer@production").code == 5, "nothing is in production"

    production = ask(people.ana, first, "Production")
    did(people.ana.run("approve", production), code=4)  # nobody approves their own request
    approvers = (people.lead, people.legal, people.security)
    for person in approvers:
        did(person.run("approve", production))
    move(people.max, production, first, "Production")
    moved = server.clock()

    did(people.ana.run("card", "edit", first, "--set", "overview.description=Scores card payments"))
    again = asked_again(people.legal)
    renewal = again["request"]["id"]
    assert ([change["what"] for change in again["lapsed"]["differences"]], again["request"]["renews"]) == (
        ["card_digest"],
        production,
    )
    assert "lapsed on" in did(people.ana.run("show", first)).out
    assert in_production(people.ana) == first, "what serves goes on serving"
    for person in approvers:
        did(person.run("approve", renewal))
    good = server.clock()

    server.clock.advance(timedelta(days=8))
    bad = push(people.ana, "worse")
    emergency = told(people.max, "break-glass", bad, "Production", "--reason", "outage of the feature store")["id"]
    assert in_production(people.ana) == bad
    assert told(people.ana, "show", first)["stage"] == "Archived", "production is held by one"
    worst = server.clock()

    plan = told(people.max, "rollback", "fraud/scorer", "--to", "7 days ago", "--dry-run")
    assert (plan["reference"], plan["leaving"], plan["ready"]) == (first, [bad], True)
    assert in_production(people.ana) == bad, "a dry run changes nothing"
    back = told(people.max, "rollback", "fraud/scorer", "--to", "7 days ago", "--reason", "scores are worse")
    assert in_production(people.ana) == first
    did(people.max.run("quarantine", bad, "--reason", "scores are worse"))
    did(people.ana.run("pull", bad), code=BLOCKED)

    assert [in_production(people.ana, at) for at in (good, worst, server.clock())] == [first, bad, first]
    held = told(people.ana, "resolve", "fraud/scorer@production")["found_by"]
    assert (held["set_by"]["name"], held["audit"]["seq"] > 0) == ("max", True)
    assert [data["uri"] for data in told(people.ana, "show", "fraud/scorer@production")["training_data"]] == [DATA]
    assert [approved(people.ana, at) for at in (moved, good, worst, None)] == [
        (production, "approved", APPROVERS),
        (renewal, "renewed", APPROVERS),
        (emergency, "break_glass", set()),
        (renewal, "renewed", APPROVERS),
    ]
    assert told(people.lead, "inbox")["items"], "what was done in an emergency is to be reviewed"
    did(people.lead.run("review", back["request"], "--verdict", "accepted", "--comment", "right so"))

    pack = people.admin.folder / "pack.zip"
    did(people.admin.run("evidence", first, "-o", str(pack)))
    offline = {"MODELKEEP_URL": "http://127.0.0.1:9", "MODELKEEP_TOKEN": ""}
    checked = did(people.admin.run("verify", str(pack), variables=offline))
    assert "promotions: 3 signed by the registry, 3 in its audit log" in checked.out
    (key,) = told(people.admin, "signing-key", "list")["items"]
    (people.ana.folder / "registry.pub").write_text(key["pem"])
    for believed in ((), ("--key", "registry.pub")):
        shown = did(people.ana.run("verify", first, *believed), code=CORRUPT).out
        assert [line.split()[3:6] for line in shown.splitlines()] == [
            ["to", "Production", "(rollback),"],
            ["to", "Production", "(approved),"],
            ["to", "Staging", "(approved),"],
        ], "nobody has signed its files"
