"""The publisher signs what is in the log, all of it and nothing else, and stops where the log was changed."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from tests.registries import registry
from tests.service.tampering import tampered

from modelkeep.app.bootstrap import STARTUP, Services
from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.settings import Settings
from modelkeep.domains.audit import VerifierKey
from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.entries import EntryNotFoundError
from modelkeep.domains.audit.domain.log_keys import LogKeyMismatchError
from modelkeep.domains.audit.domain.signed_notes import SignedNote
from modelkeep.domains.audit.operations import NotPublishedError
from modelkeep.domains.audit.repository import StoredCheckpoint, TreeRepository
from modelkeep.domains.audit.service import publisher as publishing
from modelkeep.domains.audit.service.publisher import TamperedLogError
from modelkeep.domains.audit.tables import CHECKPOINT, ENTRY, LOG_KEY, NODE
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.merkle import Node, fold, grown, leaf_hash, span
from modelkeep.platform.signing import verify


def grow(services: Services, admin: Actor, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        services.namespaces.create(admin, f"team-{number}", description="")


def newest(services: Services) -> StoredCheckpoint:
    with services.access.database.snapshot() as tx:
        found = TreeRepository(tx.session).newest()
    assert found is not None
    return found


def leaves(services: Services) -> list[bytes]:
    with services.access.database.snapshot() as tx:
        rows = tx.session.execute(select(ENTRY.c.payload).order_by(ENTRY.c.seq))
        return [leaf_hash(row.payload) for row in rows]


def check_tree(services: Services) -> None:
    """Compute all of the tree from the entries, and compare."""
    nodes = grown(0, leaves(services), {})
    with services.access.database.snapshot() as tx:
        stored = {Node(row.level, row.place): row.hash for row in tx.session.execute(select(*NODE.c))}
        checkpoints = tx.session.execute(select(*CHECKPOINT.c)).all()
    assert stored == {node: found for node, found in nodes.items() if node.level > 0}
    for row in checkpoints:
        assert row.root == fold(span(0, row.size), nodes)
        assert Checkpoint.parse(SignedNote.parse(row.note).text).root == row.root


def test_a_checkpoint_covers_what_was_committed_and_is_signed(
    services: Services, admin: Actor, settings: Settings
) -> None:
    for count in (1, 2, 5, 0, 16):
        grow(services, admin, count, start=len(leaves(services)))
        assert services.log.publisher.publish() in (0, len(leaves(services)))
        check_tree(services)
    found = newest(services)
    (signer,) = ServerLogKeys(settings).given()
    (line,) = found.note.signatures
    assert line.by(signer.verifier)
    assert verify(signer.verifier.public, found.note.text.encode(), line.payload)
    assert found.size == len(leaves(services))
    assert services.log.publisher.publish_once() is None


def test_a_log_that_is_far_behind_is_caught_up_in_steps(
    services: Services, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "BATCH", 7)
    grow(services, admin, 40)
    assert services.log.publisher.publish() == len(leaves(services))
    check_tree(services)


def test_publishers_at_once_make_one_tree(services: Services, admin: Actor) -> None:
    def work(number: int) -> None:
        grow(services, admin, 5, start=number * 5)
        services.log.publisher.publish()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    services.log.publisher.publish()
    check_tree(services)
    assert newest(services).size == len(leaves(services))


def test_what_is_not_signed_yet_is_told_from_what_is_not_there(services: Services, admin: Actor) -> None:
    services.log.publisher.publish()
    signed = services.proofs.checkpoint(admin).size
    services.namespaces.create(admin, "fraud", description="")
    for size, error in ((signed + 1, NotPublishedError), (signed + 2, EntryNotFoundError)):
        with pytest.raises(error, match=str(size)):
            services.proofs.checkpoint(admin, size)
        with pytest.raises(error, match=str(size)):
            services.proofs.consistency(admin, signed, size)


def test_there_is_something_to_publish_until_it_is(services: Services, admin: Actor) -> None:
    assert services.log.publisher.wanted()
    services.log.publisher.publish()
    assert not services.log.publisher.wanted()
    grow(services, admin, 1)
    assert not services.log.publisher.wanted(), "not yet: it has just published"
    services.log.publisher._pace.not_before = 0
    assert services.log.publisher.wanted()


NEWEST = select(func.max(ENTRY.c.seq)).scalar_subquery()


@pytest.mark.parametrize(
    "change",
    [
        update(ENTRY).where(ENTRY.c.seq == NEWEST - 1).values(leaf_hash=b"h" * 32),
        delete(ENTRY).where(ENTRY.c.seq == NEWEST - 1),
        delete(NODE).where(NODE.c.level >= 2),
        update(CHECKPOINT).values(root=b"r" * 32),
        text("UPDATE audit_head SET size = 2"),
    ],
    ids=["entry", "gap", "node", "root", "shorter"],
)
def test_what_was_changed_is_not_signed(services: Services, admin: Actor, settings: Settings, change: object) -> None:
    services.log.publisher.publish()
    grow(services, admin, 4)
    tampered(settings.database_url, change)
    with pytest.raises(TamperedLogError, match="nothing more is signed"):
        services.log.publisher.publish()
    assert not services.log.publisher.wanted(), "it waits after a failure"


def test_an_entry_whose_body_was_pruned_is_in_the_tree(services: Services, admin: Actor, settings: Settings) -> None:
    grow(services, admin, 3)
    tampered(settings.database_url, update(ENTRY).where(ENTRY.c.seq < 3).values(payload=None))
    assert services.log.publisher.publish() == newest(services).size


def test_the_first_start_makes_the_key_which_only_its_owner_reads(services: Services, settings: Settings) -> None:
    keys = ServerLogKeys(settings)
    assert stat.S_IMODE(keys.file.stat().st_mode) == 0o600
    (signer,) = keys.given()
    with services.access.database.snapshot() as tx:
        (row,) = tx.session.execute(select(*LOG_KEY.c))
    assert (row.vkey, row.valid_from, row.valid_to) == (str(signer.verifier), 0, None)
    (created,) = [entry for entry in services.audit_reader.read(-1, 100) if entry.action == "audit.log_key_created"]
    assert created.data == {"vkey": row.vkey, "valid_from": 0}
    size = services.audit_reader.size()
    services.log.keys.prepare(STARTUP)
    assert services.audit_reader.size() == size


def test_a_key_is_replaced_with_an_overlap(services: Services, admin: Actor, settings: Settings) -> None:
    keys = ServerLogKeys(settings)
    (old,) = keys.given()
    first = services.log.publisher.publish()
    new = keys.replace()
    services.log.keys.prepare(STARTUP)
    overlap = services.log.publisher.publish()
    assert signed_by(services) == [old.verifier, new.verifier]
    assert keys.drop_old() == [old]
    services.log.keys.prepare(STARTUP)
    grow(services, admin, 1)
    services.log.publisher.publish()
    assert signed_by(services) == [new.verifier]
    with services.access.database.snapshot() as tx:
        was, now = TreeRepository(tx.session).log_keys()
    assert (was.verifier, was.valid_from, was.valid_to) == (old.verifier, 0, overlap)
    assert (now.verifier, now.valid_from, now.valid_to) == (new.verifier, first + 1, None)
    changes = [entry.action for entry in services.audit_reader.read(first - 1, 100)]
    assert changes == ["audit.log_key_rotated", "audit.log_key_retired", "catalog.namespace_created"]


def signed_by(services: Services) -> list[VerifierKey]:
    """Return the keys of the log whose signatures the newest checkpoint has, each verified."""
    with services.access.database.snapshot() as tx:
        keys = [key.verifier for key in TreeRepository(tx.session).log_keys()]
    note = newest(services).note
    return [
        key
        for key in keys
        for line in note.signatures
        if line.by(key) and verify(key.public, note.text.encode(), line.payload)
    ]


def test_a_server_with_another_key_is_told_so_at_its_start(
    services: Services, admin: Actor, settings: Settings, tmp_path: Path
) -> None:
    services.log.publisher.publish()
    other = replace(settings, data_dir=tmp_path / "other")
    with pytest.raises(LogKeyMismatchError, match="MODELKEEP_LOG_KEY"), registry(other):
        pass
    shared = replace(other, log_key=ServerLogKeys(settings).file.read_text())
    with registry(shared) as (second, _):
        second.namespaces.create(admin, "shared", description="")
        assert second.log.publisher.publish() == second.audit_reader.size()
    assert not ServerLogKeys(other).file.exists()


def test_a_key_that_was_taken_away_while_the_server_runs_signs_nothing(services: Services, settings: Settings) -> None:
    ServerLogKeys(settings).file.unlink()
    with pytest.raises(LogKeyMismatchError, match="does not have"):
        services.log.publisher.publish()


def test_keys_of_the_environment_are_changed_there(settings: Settings) -> None:
    keys = ServerLogKeys(replace(settings, log_key="PRIVATE+KEY+x"))
    with pytest.raises(InvalidValueError, match="MODELKEEP_LOG_KEY"):
        keys.replace()
    with pytest.raises(InvalidValueError, match="first start"):
        ServerLogKeys(replace(settings, data_dir=Path("/nowhere"))).drop_old()


def test_the_name_of_the_log_is_what_was_set(settings: Settings, tmp_path: Path) -> None:
    named = replace(settings, data_dir=tmp_path / "named", log_name="models.example.org/log")
    with registry(named) as (services, _):
        services.log.publisher.publish()
        assert newest(services).note.text.startswith("models.example.org/log\n")


def test_a_checkpoint_of_a_size_is_stored_once(services: Services, settings: Settings) -> None:
    services.log.publisher.publish()
    found = newest(services)
    row = {"size": found.size, "root": b"r" * 32, "note": str(found.note), "at": found.at}
    with pytest.raises(Exception, match=r"(?i)unique"):
        tampered(settings.database_url, insert(CHECKPOINT).values(row))
