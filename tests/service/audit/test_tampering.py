"""What an administrator of the database does to the log: seen by what was kept elsewhere, and mostly without it."""

import base64
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, delete, select, update
from tests.registries import ManualClock, registry
from tests.service.tampering import tampered
from tests.soak import rounds

from modelkeep.app.bootstrap import Services
from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.settings import Settings
from modelkeep.client.verify_audit import Fault, Key, Verifier, read_checkpoints
from modelkeep.domains.audit import EntryQuery, ExportFormat
from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import NoteSignature, SignedNote
from modelkeep.domains.audit.tables import CHECKPOINT, ENTRY, HEAD, NODE
from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.merkle import Node, fold, grown, includes, leaf_hash, span

Lines = list[str]
VICTIM = 12
KEPT = 17
"""The size of the checkpoint that an auditor has kept."""


@dataclass
class Attacker:
    """Somebody with all rights in the database, who may have the key of the log as well."""

    connection: Connection
    keys: ServerLogKeys

    def leaf(self, seq: int) -> bytes:
        found = self.connection.execute(select(ENTRY.c.payload).where(ENTRY.c.seq == seq)).scalar_one()
        return bytes(found)

    def write(self, seq: int, leaf: bytes, *, hashed: bool = True) -> None:
        values: dict[str, bytes] = {"payload": leaf} | ({"leaf_hash": leaf_hash(leaf)} if hashed else {})
        self.connection.execute(update(ENTRY).where(ENTRY.c.seq == seq).values(values))

    def size(self) -> int:
        size: int = self.connection.execute(select(HEAD.c.size)).scalar_one()
        return size

    def truncate(self, size: int) -> None:
        self.connection.execute(delete(ENTRY).where(ENTRY.c.seq >= size))
        self.connection.execute(update(HEAD).values(size=size))

    def forget_checkpoints(self, above: int) -> None:
        self.connection.execute(delete(CHECKPOINT).where(CHECKPOINT.c.size > above))
        self.connection.execute(delete(NODE))
        self.rebuild()

    def rebuild(self) -> dict[Node, bytes]:
        """Compute the tree anew over what is there now."""
        self.connection.execute(delete(NODE))
        rows = self.connection.execute(select(ENTRY.c.leaf_hash).order_by(ENTRY.c.seq))
        nodes = grown(0, [bytes(row.leaf_hash) for row in rows], {})
        for node, found in nodes.items():
            if node.level > 0:
                self.connection.execute(NODE.insert().values(level=node.level, place=node.offset, hash=found))
        return nodes

    def sign_anew(self) -> None:
        """Sign every checkpoint again, over the tree as it is now."""
        nodes = self.rebuild()
        (signer,) = self.keys.given()
        for row in self.connection.execute(select(*CHECKPOINT.c)).all():
            checkpoint = Checkpoint(signer.verifier.name, row.size, fold(span(0, row.size), nodes))
            line = NoteSignature(signer.verifier.name, signer.verifier.id, signer.sign(checkpoint.text.encode()))
            note = str(SignedNote(checkpoint.text).signed(line))
            values = {"root": checkpoint.root, "note": note}
            self.connection.execute(update(CHECKPOINT).where(CHECKPOINT.c.size == row.size).values(values))


def forged(leaf: bytes) -> bytes:
    return canonical_json(json.loads(leaf) | {"request_id": "forged"})


def edit_payload(attacker: Attacker) -> None:
    attacker.write(VICTIM, forged(attacker.leaf(VICTIM)), hashed=False)


def edit_payload_and_hash(attacker: Attacker) -> None:
    attacker.write(VICTIM, forged(attacker.leaf(VICTIM)))


def delete_row(attacker: Attacker) -> None:
    attacker.connection.execute(delete(ENTRY).where(ENTRY.c.seq == VICTIM))


def delete_row_and_renumber(attacker: Attacker) -> None:
    delete_row(attacker)
    for seq in range(VICTIM + 1, attacker.size()):
        moved = canonical_json(json.loads(attacker.leaf(seq)) | {"seq": seq - 1})
        attacker.write(seq, moved)
        attacker.connection.execute(update(ENTRY).where(ENTRY.c.seq == seq).values(seq=seq - 1))
    attacker.connection.execute(update(HEAD).values(size=HEAD.c.size - 1))


def truncate(attacker: Attacker) -> None:
    attacker.truncate(VICTIM)


def truncate_and_forget(attacker: Attacker) -> None:
    truncate(attacker)
    attacker.forget_checkpoints(VICTIM)


def take_body(attacker: Attacker) -> None:
    attacker.connection.execute(update(ENTRY).where(ENTRY.c.seq == VICTIM).values(payload=None))


def rewrite_all(attacker: Attacker) -> None:
    for seq in range(VICTIM, attacker.size()):
        attacker.write(seq, forged(attacker.leaf(seq)))
    attacker.rebuild()


def rewrite_and_forget(attacker: Attacker) -> None:
    rewrite_all(attacker)
    attacker.forget_checkpoints(VICTIM)


def rewrite_and_sign_anew(attacker: Attacker) -> None:
    rewrite_all(attacker)
    attacker.sign_anew()


ATTACKS: Sequence[tuple[Callable[[Attacker], None], bool, set[str]]] = (
    (edit_payload, True, {"changed"}),
    (edit_payload_and_hash, True, {"root"}),
    (delete_row, True, {"missing"}),
    (delete_row_and_renumber, True, {"root", "shorter"}),
    (truncate, True, {"shorter"}),
    (truncate_and_forget, False, {"shorter"}),
    (take_body, True, {"hidden"}),
    (rewrite_all, True, {"root"}),
    (rewrite_and_forget, False, {"root"}),
    (rewrite_and_sign_anew, False, {"root"}),
)
"""The ten attacks, whether the database itself shows them, and what an external checkpoint shows."""


@pytest.fixture
def victim(services: Services, admin: Actor) -> Services:
    """A registry with a log of several checkpoints: at its start, at `VICTIM`, at `KEPT` and at its end."""
    services.log.publisher.publish()
    for number in range(20):
        services.namespaces.create(admin, f"team-{number}", description=f"Of the team {number}")
        if services.audit_reader.size() in (VICTIM, KEPT):
            services.log.publisher.publish()
    services.log.publisher.publish()
    return services


def raw_export(settings: Settings) -> Lines:
    """Export as `modelkeep audit export` does, from whatever the table has now."""
    engine = create_engine(settings.database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        rows = connection.execute(select(ENTRY.c.seq, ENTRY.c.payload, ENTRY.c.leaf_hash).order_by(ENTRY.c.seq)).all()
    engine.dispose()
    return [
        json.dumps({"seq": seq, "leaf": leaf and base64.b64encode(leaf).decode(), "leaf_hash": bytes(found).hex()})
        for seq, leaf, found in rows
    ]


def stored_notes(settings: Settings) -> Lines:
    engine = create_engine(settings.database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        notes = list(connection.scalars(select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.size)))
    engine.dispose()
    return notes


def verified(settings: Settings, lines: Lines, notes: Lines) -> list[Fault]:
    (signer,) = ServerLogKeys(settings).given()
    checkpoints = [found for note in notes for found in read_checkpoints(note.splitlines())]
    verifier = Verifier([Key.parse(str(signer.verifier))], checkpoints)
    for line in lines:
        verifier.feed(line)
    return verifier.finish().faults


@pytest.mark.parametrize(
    ("attack", "seen_inside", "seen_outside"), ATTACKS, ids=lambda value: getattr(value, "__name__", None)
)
def test_each_attack_is_seen_with_a_checkpoint_kept_elsewhere(
    victim: Services,
    settings: Settings,
    attack: Callable[[Attacker], None],
    seen_inside: bool,  # noqa: FBT001 - a column of the table above
    seen_outside: set[str],
) -> None:
    kept = [note for note in stored_notes(settings) if Checkpoint.parse(SignedNote.parse(note).text).size == KEPT]
    assert kept
    assert list(victim.log.check.check()) == []
    assert verified(settings, raw_export(settings), [*stored_notes(settings), *kept]) == []
    attack_database(settings, attack)
    lines = raw_export(settings)
    inside = verified(settings, lines, stored_notes(settings))
    outside = verified(settings, lines, kept)
    assert bool(inside) == seen_inside
    assert bool(list(victim.log.check.check())) == seen_inside
    assert {fault.what for fault in outside} & seen_outside, outside


def attack_database(settings: Settings, attack: Callable[[Attacker], None]) -> None:
    tampered(settings.database_url)
    engine = create_engine(settings.database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        attack(Attacker(connection, ServerLogKeys(settings)))
    engine.dispose()


@pytest.mark.usefixtures("victim")
def test_what_was_edited_is_named_by_entry(settings: Settings) -> None:
    notes = stored_notes(settings)
    attack_database(settings, edit_payload)
    (fault,) = verified(settings, raw_export(settings), notes)
    assert (fault.what, fault.seq) == ("changed", VICTIM)


def test_a_receipt_names_the_entry_that_was_rewritten(victim: Services, admin: Actor, settings: Settings) -> None:
    receipt = victim.namespaces.create(admin, "with-receipt", description="").receipt
    assert receipt is not None
    attack_database(settings, lambda attacker: attacker.write(receipt.seq, forged(attacker.leaf(receipt.seq))))
    (signer,) = ServerLogKeys(settings).given()
    verifier = Verifier([Key.parse(str(signer.verifier))], receipts={receipt.seq: receipt.leaf_hash, 999: "0" * 64})
    for line in raw_export(settings):
        verifier.feed(line)
    assert [(fault.what, fault.seq) for fault in verifier.finish().faults] == [
        ("receipt", receipt.seq),
        ("missing", 999),
    ]


@pytest.mark.usefixtures("victim")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_bit_and_no_order_can_be_changed(settings: Settings) -> None:
    lines, notes = raw_export(settings), stored_notes(settings)
    chance = random.Random(11)  # noqa: S311 - the same changes each time
    for _ in range(rounds(600, 10_000)):
        changed = list(lines)
        place, other = chance.sample(range(len(lines)), 2)
        how = chance.randrange(4)
        if how == 0:
            changed[place] = flipped(changed[place], "leaf", chance)
        elif how == 1:
            changed[place] = flipped(changed[place], "leaf_hash", chance)
        elif how == 2:
            changed[place], changed[other] = changed[other], changed[place]
        else:
            first, second = (json.loads(changed[at]) for at in (place, other))
            changed[place], changed[other] = (
                json.dumps(second | {"seq": first["seq"]}),
                json.dumps(first | {"seq": second["seq"]}),
            )
        assert verified(settings, changed, notes), (how, place, other)


def flipped(line: str, member: str, chance: random.Random) -> str:
    entry = json.loads(line)
    data = bytearray(base64.b64decode(entry["leaf"]) if member == "leaf" else bytes.fromhex(entry["leaf_hash"]))
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return json.dumps(entry | {member: base64.b64encode(data).decode() if member == "leaf" else data.hex()})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_old_backup_that_was_restored_is_seen_by_what_was_kept_elsewhere(
    services: Services, admin: Actor, settings: Settings, tmp_path: Path
) -> None:
    for number in range(3):
        services.namespaces.create(admin, f"team-{number}", description="")
    services.log.publisher.publish()
    services.close()
    live, backup = Path(settings.database_url.removeprefix("sqlite:///")), tmp_path / "backup"
    shutil.copyfile(live, backup)
    with registry(settings) as (later, _):
        later.namespaces.create(admin, "after-the-backup", description="")
        later.log.publisher.publish()
        kept = stored_notes(settings)[-1:]
    shutil.copyfile(backup, live)
    with registry(settings) as (restored, _):
        assert verified(settings, raw_export(settings), stored_notes(settings)) == []
        (shorter,) = verified(settings, raw_export(settings), kept)
        assert shorter.what == "shorter"
        for number in range(5):
            restored.namespaces.create(admin, f"again-{number}", description="")
        restored.log.publisher.publish()
        assert [fault.what for fault in verified(settings, raw_export(settings), [*stored_notes(settings), *kept])] == [
            "root"
        ]


def test_what_the_registry_exports_is_what_the_verifier_reads(
    victim: Services, admin: Actor, settings: Settings
) -> None:
    (signer,) = ServerLogKeys(settings).given()
    note = stored_notes(settings)[-1]
    verifier = Verifier([Key.parse(str(signer.verifier))], read_checkpoints(note.splitlines()))
    pieces = victim.audit_exports.export(admin, EntryQuery(), ExportFormat.JSONL)
    lines = b"".join(pieces).decode().splitlines()
    for line in lines:
        verifier.feed(line)
    report = verifier.finish()
    assert report.faults == []
    assert (report.entries, report.pruned) == (len(lines), 0)
    assert report.texts >= 20
    changed = json.loads(lines[VICTIM])
    for member in ("subject", "at", "type", "request_id", "data"):
        check_seen(changed | {member: "other"}, "changed")
    check_seen(changed | {"actor": changed["actor"] | {"id": "somebody else"}}, "changed")
    (name,) = changed["texts"]
    check_seen(changed | {"texts": {name: changed["texts"][name] | {"value": "other"}}}, "text")


def check_seen(entry: dict[str, object], what: str) -> None:
    verifier = Verifier([])
    verifier._next, verifier._whole = VICTIM, False
    verifier.feed(json.dumps(entry))
    assert [(fault.what, fault.seq) for fault in verifier.finish().faults] == [(what, VICTIM)]


def test_what_retention_has_pruned_is_still_proved(
    victim: Services, admin: Actor, settings: Settings, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=settings.audit_retention_days + 1))
    victim.namespaces.create(admin, "later", description="")
    victim.log.publisher.publish()
    notes = stored_notes(settings)
    assert victim.audit_privacy.prune() > KEPT
    victim.log.publisher.publish()
    pieces = victim.audit_exports.export(admin, EntryQuery(), ExportFormat.JSONL)
    lines = b"".join(pieces).decode().splitlines()
    (signer,) = ServerLogKeys(settings).given()
    checkpoints = [found for note in (*notes, *stored_notes(settings)) for found in read_checkpoints(note.splitlines())]
    verifier = Verifier([Key.parse(str(signer.verifier))], checkpoints)
    for line in lines:
        verifier.feed(line)
    report = verifier.finish()
    assert report.faults == []
    assert list(victim.log.check.check()) == []
    assert report.pruned > KEPT
    pruned_proof, kept_proof = (
        victim.proofs.inclusion(admin, VICTIM),
        victim.proofs.inclusion(admin, report.entries - 2),
    )
    assert pruned_proof.leaf is None
    assert kept_proof.leaf is not None
    for proof in (pruned_proof, kept_proof):
        root = Checkpoint.parse(proof.note.text).root
        assert includes(root, proof.size, proof.seq, proof.leaf_hash, proof.hashes)


def test_nodes_that_were_lost_are_made_anew_from_the_entries(victim: Services, settings: Settings) -> None:
    tampered(settings.database_url, delete(NODE).where(NODE.c.level == 1), update(NODE).values(hash=b"h" * 32))
    assert len(list(victim.log.check.check(repair=True))) > 1
    assert list(victim.log.check.check()) == []
