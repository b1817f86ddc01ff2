"""What is erased from the audit log is erased where governance and cards keep it as well: nothing tells it any more."""

import json
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select
from tests.builders import EVERYTHING, SCORER
from tests.cards import PNG
from tests.databases import all_values
from tests.gates import gated
from tests.people import somebody
from tests.service.governance.promoting import Office

from modelkeep.app.bootstrap import Services
from modelkeep.client.verify_pack import verify_pack
from modelkeep.domains.access import REGISTRY, NewBinding, Scope
from modelkeep.domains.audit import ERASED, EntryQuery, Erasure, ExportFormat
from modelkeep.domains.cards import NewAttachment
from modelkeep.domains.governance import (
    Answer,
    Ballot,
    Conditions,
    Decision,
    NewAssignment,
    NewComment,
    NewDelegation,
    NewWaiver,
    RequestQuery,
    ReviewVerdict,
)
from modelkeep.domains.governance.tables.promotion import VOTE
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.references import Reference

ADA = "Ada Lovelace"
WHY = "asked for by the data subject"
ONE = Reference.parse(f"{SCORER}:1.0.0")
BALLOT = Ballot(
    Decision.APPROVE,
    f"{ADA} agrees",
    conditions=Conditions(f"if {ADA} watches it", {"max_traffic_percent": 25, "watched_by": ADA}),
)


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    """A model about which people have typed the name of somebody wherever they can."""
    office = Office.opened(services, admin)
    version, soon = office.version(), services.access.clock() + timedelta(days=30)
    attachments, governance = services.cards.attachments, services.governance
    attachments.attach(office.ana, ONE, NewAttachment(f"{ADA}.png", "image/png", PNG, f"{ADA} at work"))
    attachments.remove(office.ana, ONE, f"{ADA}.png")
    services.grants.grant(admin, NewBinding(office.max.id, "viewer", Scope.parse("fraud"), reason=f"{ADA} vouches"))
    request = governance.promotions.request(office.ana, ONE, "Staging", reason=f"{ADA} wants it").value.request
    governance.reviews.comment(office.legal, request.id, NewComment(f"ask {ADA}"))
    office.vote(request.id, office.lead, ballot=BALLOT)
    fire = governance.emergencies.break_glass(office.max, ONE, "Production", reason=f"{ADA} says it burns")
    governance.reviews.finish(office.lead, fire.value.request.id, ReviewVerdict.OBJECTED, comment=f"{ADA} saw no fire")
    stand_in = NewDelegation(office.legal.id, Scope.parse("fraud/scorer"), soon, reason=f"{ADA} is away")
    governance.delegations.delegate(office.lead, stand_in)
    governance.data.withdraw(admin, "s3://lake/tx", reason=f"{ADA} took consent back")
    services.governance.policies.publish(admin, json.dumps(gated()))
    services.governance.policies.assign(admin, NewAssignment(str(SCORER), "gated", reason="trial"))
    governance.gates.waivers.waive(office.security, ONE, NewWaiver("good", f"{ADA} has seen it", soon))
    asked = governance.gates.external.ask(somebody(services, "admin"), ONE, "load-test").value
    answer = Answer(passed=True, details=f"{ADA} ran it")
    governance.gates.external.answer(asked.check.id, asked.token, answer, RequestInfo("test"))
    assert version.reference == str(ONE)
    return office


def told(services: Services, actor: Actor, folder: Path) -> str:
    """Return all that is stored, exported or packed, as text."""
    export = b"".join(services.audit_exports.export(actor, EntryQuery(), ExportFormat.JSONL)).decode()
    pack = folder / "pack.zip"
    pack.write_bytes(b"".join(services.signing.evidence.pack(actor, ONE).pieces))
    assert verify_pack(pack).holds, [part for part in verify_pack(pack).parts if not part.holds]
    with ZipFile(pack) as archive:
        packed = "".join(archive.read(name).decode("latin-1") for name in archive.namelist())
    return "\n".join((all_values(services.access.database), export, packed))


def test_what_is_erased_is_told_nowhere_any_more_and_proofs_hold(
    office: Office, services: Services, admin: Actor, tmp_path: Path
) -> None:
    assert told(services, admin, tmp_path).count(ADA) > 20
    privacy = services.audit_privacy
    within = Erasure(WHY, within="fraud")
    assert privacy.erase(admin, within).receipt is not None
    assert privacy.erase(admin, within).receipt is None, "there is nothing left to erase"
    privacy.erase(admin, Erasure(WHY, subject=str(REGISTRY)))
    left = told(services, admin, tmp_path)
    assert ADA not in left, [line for line in left.splitlines() if ADA in line]
    assert left.count(ERASED) > 8
    requests = services.governance.promotions.list(office.ana, RequestQuery(), EVERYTHING).items
    assert {request.reason for request in requests} == {ERASED}
    with services.access.database.snapshot() as tx:
        terms = tx.session.scalars(select(VOTE.c.terms)).all()
    assert terms == [{"max_traffic_percent": 25}], "programs go by it"


def test_of_a_principal_what_it_typed_goes_and_what_others_typed_stays(
    office: Office, services: Services, admin: Actor, tmp_path: Path
) -> None:
    services.audit_privacy.erase(admin, Erasure(WHY, principal=office.lead.id))
    left = told(services, admin, tmp_path)
    assert not [text for text in (f"{ADA} agrees", f"if {ADA} watches", "saw no fire", "is away") if text in left]
    others = ("wants it", f"ask {ADA}", "says it burns", "has seen it", "vouches")
    assert not [text for text in others if text not in left]
    grantor = somebody(services, "admin")
    given = NewBinding(office.max.id, "contributor", Scope.parse("fraud"), reason=f"{ADA} insists")
    services.grants.grant(grantor, given)
    services.audit_privacy.erase(admin, Erasure(WHY, principal=grantor.id))
    left = told(services, admin, tmp_path)
    assert "insists" not in left
    assert "vouches" in left


def test_one_field_is_erased_alone(office: Office, services: Services, admin: Actor, tmp_path: Path) -> None:
    services.audit_privacy.erase(admin, Erasure(WHY, subject=str(ONE), fields=("comment",)))
    left = told(services, admin, tmp_path)
    assert not [text for text in (f"{ADA} agrees", f"ask {ADA}", "saw no fire") if text in left]
    assert not [text for text in ("wants it", f"if {ADA} watches", "has seen it") if text not in left]
    assert office.ana.name
