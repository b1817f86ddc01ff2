"""What a promotion decision costs: 20 gates and 5 approvals, beside the statements alone that it reads with."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlalchemy import Engine, event

from benchmarks.report import Table, load, middle, times
from benchmarks.workspace import Options, say, scratch
from modelkeep.app.bootstrap import STARTUP, Services, build, prepare
from modelkeep.app.settings import Settings
from modelkeep.domains.access import NewBinding, Principal, Scope
from modelkeep.domains.access.repository import AccessRepository
from modelkeep.domains.catalog import DataRef, Metric, ModelVersion, NewModel, NewVersion, VersionRecord
from modelkeep.domains.governance import Ballot, Decision, NewAssignment
from modelkeep.kernel.blob_frames import BlobFrame
from modelkeep.kernel.clock import system_clock
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo
from modelkeep.kernel.ids import new_id
from modelkeep.kernel.manifests import FileEntry, Manifest
from modelkeep.kernel.references import ModelName, Reference

MODEL: Final = ModelName.parse("bench/scorer")
GATES: Final = 20
_APPROVERS: Final = ("TEAM_LEAD", "TEAM_LEAD", "TEAM_LEAD", "LEGAL", "SECURITY")
_RECORD: Final = VersionRecord(
    metrics=tuple(Metric(f"auc_{number}", 0.95) for number in range(GATES)),
    training_data=(DataRef("s3://lake/tx/2026-10", "sha256:" + "0" * 64),),
)


def run(options: Options) -> Iterator[Table]:
    """Decide, and promote, version after version on SQLite."""
    versions = 5 if options.quick else 200
    table = Table(
        f"A promotion with {GATES} gates and {len(_APPROVERS)} approvals, SQLite, {versions} versions",
        ("what", "p50 ms", "its statements by the driver alone, p50 ms", "ratio", "load"),
    )
    with scratch("promotion") as folder:
        settings = Settings.read({}, data_dir=folder)
        services = build(settings)
        admin = services.authentication.authenticate(prepare(settings, services) or "", RequestInfo("bench"))
        people = _office(services, admin)
        say(f"asking for {versions} promotions, and approving them")
        asked = [_approved(services, people, number) for number in range(versions)]
        driver = sqlite3.connect(folder / "modelkeep.db", isolation_level=None)
        for what, act in (("decide (why)", _why), ("promote", _promote)):
            ours, raw = zip(*(_measured(services, driver, act, people[-1], one) for one in asked), strict=True)
            table.add(what, f"{middle(ours):.2f}", f"{middle(raw):.2f}", times(middle(ours), middle(raw)), load())
        driver.close()
        services.close()
    table.notes.append("the driver repeats what was read only; a promotion also writes, and syncs to the disk")
    yield table


def _office(services: Services, admin: Actor) -> list[Actor]:
    """Return who asks, who approve, and at last who promotes, under a policy with all the gates.

    None compares with the version in production: there is another after each promotion, and the votes would lapse.
    """
    gates: list[Any] = [
        {"id": f"metric-{number}", "kind": "cel", "config": {"expression": f"metrics.auc_{number} >= 0.9"}}
        for number in range(GATES - 3)
    ]
    gates += [
        {"id": "fresh", "kind": "max_age", "config": {"of": "version", "age": "30d"}},
        {"id": "origin", "kind": "lineage_present", "config": {"require": ["training_data"]}},
        {"id": "named", "kind": "cel", "config": {"expression": "version.number > 0 && target_stage == 'Production'"}},
    ]
    roles = [{"role": role, "approvals": _APPROVERS.count(role)} for role in dict.fromkeys(_APPROVERS)]
    policy = {
        "name": "bench",
        "stages": [
            {"name": "Draft"},
            {"name": "Production", "exclusive": True, "replaced_to": "Archived"},
            {"name": "Archived"},
        ],
        "moves": [
            {"from": "Draft", "to": "Production", "approvals": {"steps": roles}, "gates": gates},
            {"from": "Production", "to": "Archived"},
        ],
    }
    services.namespaces.create(admin, MODEL.namespace, description="")
    services.models.create(admin, NewModel(MODEL))
    services.governance.policies.publish(admin, json.dumps(policy))
    services.governance.policies.assign(admin, NewAssignment("*", "bench"))
    return [_person(services, admin, role) for role in ("contributor", *_APPROVERS, "maintainer")]


def _person(services: Services, admin: Actor, role: str) -> Actor:
    identity, now = PrincipalId(new_id()), system_clock()
    person = Principal(identity, PrincipalKind.USER, f"{role} {identity}", frozenset(), now)
    with services.access.database.transaction() as tx:
        AccessRepository(tx).add_principal(person)
        tx.record(Event("access.principal_created", identity, STARTUP, now, {"roles": []}))
    services.grants.grant(admin, NewBinding(person.name, role, Scope.of_namespace(MODEL.namespace)))
    return Actor(identity, person.name, PrincipalKind.USER, frozenset(), request=RequestInfo("bench"))


def _approved(services: Services, people: list[Actor], number: int) -> tuple[ModelVersion, str]:
    """Return a version that all have approved for Production, and the id of the request."""
    data = f"weights {number}".encode()
    entry = FileEntry("model.bin", len(data), Digest.of(data), "application/octet-stream", 0o644)
    plan = services.registration.open_upload(people[0], MODEL, Manifest((entry,)))
    services.uploads.receive_batch(people[0], plan.upload.id, [BlobFrame(entry.digest, data)])
    new = NewVersion(plan.upload.manifest_digest, _RECORD, plan.upload.id)
    version = services.registration.register(people[0], MODEL, new).value.version
    asked = services.governance.promotions.request(
        people[0], Reference.parse(version.reference), "Production", reason="bench"
    )
    for person in people[1:-1]:
        services.governance.votes.cast_vote(person, asked.value.request.id, Ballot(Decision.APPROVE))
    return version, asked.value.request.id


def _why(services: Services, actor: Actor, asked: tuple[ModelVersion, str]) -> None:
    found = services.governance.promotions.why(actor, Reference.parse(asked[0].reference), "Production")
    if not found.ready:
        raise RuntimeError([clause for clause in found.clauses if not clause.holds])


def _promote(services: Services, actor: Actor, asked: tuple[ModelVersion, str]) -> None:
    services.governance.promotions.promote(actor, asked[1])


def _measured(
    services: Services,
    driver: sqlite3.Connection,
    act: Callable[[Services, Actor, tuple[ModelVersion, str]], None],
    actor: Actor,
    asked: tuple[ModelVersion, str],
) -> tuple[float, float]:
    """Return the milliseconds of a use case, and of its reading statements by the driver alone afterwards."""
    read: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, bound: Any, *_more: object) -> None:  # noqa: ANN401 - the driver's
        if statement.startswith(("SELECT", "WITH")):
            read.append((statement, bound))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        ours = _milliseconds(lambda: act(services, actor, asked))
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    return ours, _milliseconds(lambda: [driver.execute(*one).fetchall() for one in read])


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
