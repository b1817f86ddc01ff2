"""Evidence packs: whole, verified offline, and seen to be altered in any part."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import update
from tests.authorities import a_signer, an_authority
from tests.builders import SCORER, a_version
from tests.cards import PDF, a_whole_card
from tests.gates import gated
from tests.people import somebody
from tests.service.governance.promoting import Office
from tests.service.records import A_RECORD
from tests.service.tampering import tampered
from tests.signing import EVERYTHING, a_bundle, a_certified_bundle, a_private_key, add, listed, trust

from modelkeep.app.bootstrap import Services
from modelkeep.client.verify_pack import PackReport, verify_pack
from modelkeep.domains.access import REGISTRY, ForbiddenError
from modelkeep.domains.cards import NewAttachment
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance import NewAssignment, NewTrust, NewWaiver
from modelkeep.domains.governance.tables.signatures import SIGNATURE
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, RegistryError
from modelkeep.kernel.evidence import EvidenceManifest, InvalidEvidenceError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.model_signing import PROMOTION, Bundle, Statement
from modelkeep.kernel.references import Reference, parse_selector
from modelkeep.signing import sign

FILES = {"config.json": b"{}", "weights/model.bin": b"weights"}
ONE = Reference.parse(f"{SCORER}:1.0.0")
KEY = a_private_key()


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    """A version with all that a pack can hold: record, card, attachment, promotion, waiver, signatures of each kind."""
    office = Office.opened(services, admin)
    policy = gated()
    described = {"id": "described", "kind": "cel", "config": {"expression": "card.overview.description != ''"}}
    policy["moves"][0]["gates"] = [described]
    services.governance.policies.publish(admin, json.dumps(policy))
    services.governance.policies.assign(admin, NewAssignment(str(SCORER), policy["name"]))
    made = a_version(services, admin, files=FILES, record=replace(A_RECORD, parents=()))
    services.versions.set_tag(admin, SCORER, parse_selector("1.0.0"), "reviewed", "by Ana", seen=None)
    services.cards.cards.edit(admin, ONE, a_whole_card(), seen=None)
    services.cards.attachments.attach(admin, ONE, NewAttachment("the review.pdf", "application/pdf", PDF))
    waiver = NewWaiver("good", "seen by hand", services.access.clock() + timedelta(days=30))
    services.governance.gates.waivers.waive(somebody(services, "SECURITY"), ONE, waiver)
    request = office.request(made, "Staging").value.request
    office.vote(request.id, office.lead)
    office.promote(request.id)
    trust(services, admin, KEY)
    add(services, admin, a_bundle(FILES, KEY))
    root = an_authority()
    services.signing.keys.trust(admin, REGISTRY, NewTrust("company", root.pem.decode(), "email:*@example.org"))
    add(services, admin, a_certified_bundle(FILES, a_signer(root)))
    assert services.signing.counter_signer.sign_promotions() == 1
    return made


def packed(services: Services, actor: Actor, to: Path, *, personal: bool = True) -> Path:
    to.write_bytes(b"".join(services.signing.evidence.pack(actor, ONE, personal=personal).pieces))
    return to


def vkeys(services: Services, admin: Actor) -> list[str]:
    return [str(key.verifier) for key in services.proofs.keys(admin)]


def faults(report: PackReport) -> str:
    return "\n".join(fault for part in report.parts for fault in part.faults)


def altered(pack: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Return a copy of a pack after somebody has changed what is in it."""
    with ZipFile(pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    copy = pack.with_name("altered.zip")
    with ZipFile(copy, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return copy


@pytest.mark.usefixtures("version")
def test_a_pack_holds_with_the_key_of_the_log_and_with_no_other(
    services: Services, admin: Actor, tmp_path: Path
) -> None:
    pack = packed(services, admin, tmp_path / "pack.zip")
    report = verify_pack(pack, vkeys(services, admin))
    assert (report.holds, report.keys_were_given, report.reference) == (True, True, str(ONE)), faults(report)
    assert [part.part for part in report.parts] == [
        "list",
        "files",
        "version",
        "card",
        "attachments",
        "signatures",
        "promotions",
        "votes",
        "audit",
    ]
    said = {part.part: part.said for part in report.parts}
    assert "2 of 2 signatures" in said["signatures"]
    assert said["promotions"] == "1 signed by the registry, 1 in its audit log"
    assert said["votes"].startswith("1 of 1 votes")
    assert said["attachments"] == "1 files, 1 of them in the pack"
    assert verify_pack(pack).holds
    other = "modelkeep/other+c5c4b1c5+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    with pytest.raises(InvalidValueError, match="damaged"):
        verify_pack(pack, [other])


def test_each_file_of_a_pack_is_missed_if_it_is_altered_renamed_removed_or_joined_by_another(
    services: Services, admin: Actor, version: ModelVersion, tmp_path: Path
) -> None:
    pack, keys = packed(services, admin, tmp_path / "pack.zip"), vkeys(services, admin)
    with ZipFile(pack) as archive:
        names = archive.namelist()
    assert len(names) > 15
    assert {"attachments.json", f"attachments/{Digest.of(PDF).hex}", "gate-results.json", "waivers.json"} < set(names)
    assert str(version.manifest_digest) in verify_pack(pack, keys).parts[2].said
    for name in names:
        for change in (
            lambda files, name=name: files.update({name: files[name][:-1] + bytes([files[name][-1] ^ 1])}),
            lambda files, name=name: files.update({name: files[name] + b" "}),
            lambda files, name=name: files.update({f"{name}2": files.pop(name)}),
            lambda files, name=name: files.pop(name),
            lambda files, name=name: files.update({f"{name}.orig": files[name]}),
        ):
            try:
                report = verify_pack(altered(pack, change), keys)
            except RegistryError:
                continue
            assert not report.holds, name


def _restated(statement: Statement, names: Mapping[str, Json]) -> Statement:
    return replace(statement, predicate={**statement.predicate, **names})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda said: _restated(said, {"stage": "Production"}), "has another stage"),
        (lambda said: _restated(said, {"approvals": []}), "has another approvals"),
        (lambda said: _restated(said, {"entry": {**said.predicate["entry"], "leaf_hash": "00"}}), "than it names"),
        (lambda said: _restated(said, {"entry": {**said.predicate["entry"], "seq": 0}}), ""),
        (lambda said: replace(said, subject="fraud/other:1.0.0"), ""),
    ],
)
@pytest.mark.usefixtures("version")
def test_who_has_the_registry_s_key_cannot_make_it_say_what_the_log_does_not(
    services: Services,
    admin: Actor,
    tmp_path: Path,
    database_url: str,
    change: Callable[[Any], Statement],
    fault: str,
) -> None:
    signer = services.signing.counter_signer
    (stored,) = (one.signature for one in listed(services, admin) if one.signature.predicate_type == PROMOTION)
    bundle = sign(change(Statement.parse(Bundle.parse(stored.bundle).payload)), signer.key())
    forged = update(SIGNATURE).where(SIGNATURE.c.id == stored.id)
    tampered(database_url, forged.values(bundle=bundle.document, digest=str(bundle.digest)))
    report = verify_pack(packed(services, admin, tmp_path / "pack.zip"), vkeys(services, admin))
    assert not report.holds
    assert fault in faults(report)
    assert "is not here, and the audit log has it" in faults(report)


def _sign_list(note: str, files: dict[str, bytes]) -> None:
    files["MANIFEST"] = note.encode()


@pytest.mark.usefixtures("version")
def test_who_signs_an_altered_pack_anew_is_seen_by_who_has_the_key_of_the_log(
    services: Services, admin: Actor, tmp_path: Path
) -> None:
    """Another registry may sign any list; it cannot make the log's key sign it, nor prove entries in its tree."""
    pack = packed(services, admin, tmp_path / "pack.zip")
    with ZipFile(pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    note, _, lines = files["MANIFEST"].decode().rpartition("\n\n")
    for text in (note.replace(f"{SCORER}:1.0.0", f"{SCORER}:2.0.0"), note.replace("log ", "log 1", 1), note + "\n"):
        forged = altered(pack, partial(_sign_list, f"{text}\n\n{lines}"))
        try:
            report = verify_pack(forged, vkeys(services, admin))
        except RegistryError:
            continue
        assert not report.parts[0].holds


@pytest.mark.usefixtures("version")
def test_a_pack_without_personal_data_has_no_texts_and_no_names(
    services: Services, admin: Actor, tmp_path: Path
) -> None:
    pack = packed(services, admin, tmp_path / "pack.zip", personal=False)
    with ZipFile(pack) as archive:
        lines = [json.loads(line) for line in archive.read("audit/entries.jsonl").decode().splitlines()]
    assert lines
    assert all(line["texts"] == {} and line["actor"]["name"] is None for line in lines)
    assert any(line["erased"] for line in lines)
    with ZipFile(pack) as archive:
        assert not [name for name in archive.namelist() if b"it is better" in archive.read(name)]
        assert b"looks right" not in archive.read("promotion-requests.json")
        assert not [name for name in archive.namelist() if name.startswith("attachments/")]
        assert b"the review" not in archive.read("attachments.json")
        assert b"seen by hand" not in archive.read("waivers.json")
    assert verify_pack(pack, vkeys(services, admin)).holds


def test_a_pack_tells_who_approved_what_and_what_they_saw(
    services: Services, admin: Actor, version: ModelVersion, tmp_path: Path
) -> None:
    with ZipFile(packed(services, admin, tmp_path / "pack.zip")) as archive:
        (request,) = json.loads(archive.read("promotion-requests.json"))["requests"]
        policy = json.loads(archive.read(f"policies/{request['policy']}-{request['policy_number']}.json"))
        card = json.loads(archive.read("card.json"))
        assert card["digest"].encode() in archive.read("ml-bom.cdx.json")
        assert b"<h1>" in archive.read("card.html")
    (vote,) = request["votes"]
    assert (request["target"], request["status"], request["reason"]) == ("Staging", "promoted", "it is better")
    assert (vote["decision"], vote["comment"]) == ("approve", "looks right")
    assert vote["saw"]["manifest_digest"] == str(version.manifest_digest)
    assert vote["saw"]["card_digest"] == card["digest"]
    assert policy


def of_vote(files: dict[str, bytes], change: Callable[[dict[str, Any]], object]) -> None:
    """Change the one vote of a pack."""
    told = json.loads(files["promotion-requests.json"])
    change(told["requests"][0]["votes"][0])
    files["promotion-requests.json"] = json.dumps(told).encode()


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda vote: vote.update(voter="eve"), "not the one that was cast: voter"),
        (lambda vote: vote.update(decision="reject", step="other"), "cast: step, decision"),
        (lambda vote: vote["saw"].update(card_digest="sha256:0"), "cast: what the voter saw"),
        (lambda vote: vote.update(comment="looks wrong"), "cast: comment"),
        (lambda vote: vote["conditions"].update(expires_at="2030-01-01T00:00:00.000000Z"), "cast: end"),
        (lambda vote: vote.update(lapse="evidence"), "no lapse of vote"),
        (lambda vote: vote.update(id="another"), "no vote another"),
        (lambda vote: vote.update(id="another"), "is in the audit log, and not told"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_votes_are_those_of_the_audit_log_whoever_signs_the_list(
    services: Services, admin: Actor, tmp_path: Path, change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    """The registry itself cannot tell other votes than were cast."""
    pack = packed(services, admin, tmp_path / "pack.zip")
    report = verify_pack(altered(pack, partial(of_vote, change=change)), vkeys(services, admin))
    (votes,) = [part for part in report.parts if part.part == "votes"]
    assert any(fault in found for found in votes.faults), votes.faults


@pytest.mark.usefixtures("version")
def test_a_signature_that_held_no_longer_is_told_as_such(services: Services, admin: Actor, tmp_path: Path) -> None:
    for key in services.signing.keys.list(admin, REGISTRY, EVERYTHING).items:
        services.signing.keys.revoke(admin, REGISTRY, key.id)
    pack = packed(services, admin, tmp_path / "pack.zip")
    report = verify_pack(pack, vkeys(services, admin))
    assert report.holds
    assert "0 of 2 signatures" in report.parts[5].said
    assert report.parts[6].said == "0 signed by the registry, 1 in its audit log"


def test_handing_out_a_pack_is_an_entry_with_its_digest(
    services: Services, admin: Actor, version: ModelVersion, tmp_path: Path
) -> None:
    pack = packed(services, admin, tmp_path / "pack.zip")
    with ZipFile(pack) as archive:
        text = archive.read("MANIFEST").decode().rpartition("\n\n")[0] + "\n"
    assert EvidenceManifest.parse(text).text == text
    entry = services.audit_reader.read(services.audit_reader.size() - 2, 1)[0]
    assert (entry.action, entry.subject) == ("governance.evidence_exported", version.reference)
    assert entry.data["files"] == len(EvidenceManifest.parse(text).files)
    shutil.copy(pack, tmp_path / "first.zip")
    packed(services, admin, pack)
    assert verify_pack(tmp_path / "first.zip", vkeys(services, admin)).holds, "old packs go on to hold"


@pytest.mark.usefixtures("version")
def test_who_may_export_the_log_of_a_model_gets_its_packs(services: Services, tmp_path: Path) -> None:
    auditor, reader = somebody(services, ("auditor", "fraud")), somebody(services, ("contributor", "fraud"))
    assert verify_pack(packed(services, auditor, tmp_path / "pack.zip")).holds
    with pytest.raises(ForbiddenError):
        services.signing.evidence.pack(reader, ONE)
    with pytest.raises(RegistryError) as hidden:
        services.signing.evidence.pack(somebody(services), ONE)
    assert hidden.value.code == "catalog.version_not_found"


@pytest.mark.parametrize(
    "text", ["", "x\n", "modelkeep.evidence/v1\na\nb\nlog 1\n", "modelkeep.evidence/v1\na\nb\nc\nd\n"]
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidEvidenceError):
        EvidenceManifest.parse(text)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK", b"x" * 1000):
        (tmp_path / "pack.zip").write_bytes(content)
        with pytest.raises(RegistryError):
            verify_pack(tmp_path / "pack.zip")
    with pytest.raises(RegistryError):
        verify_pack(tmp_path / "absent.zip")
