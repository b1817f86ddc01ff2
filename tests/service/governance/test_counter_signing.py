"""What the registry signs of promotions: each once, whatever happens in between, and with which key."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from tests.builders import EVERYTHING, SCORER, a_version
from tests.registries import ManualClock
from tests.service.governance.promoting import Office
from tests.service.tampering import tampered
from tests.signing import a_private_key, listed

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance import CheckedSignature, CounterSigner, Goal, verified_signatures
from modelkeep.domains.governance.domain.signing_keys import RevokedSigningKeyError
from modelkeep.domains.governance.tables.signatures import SIGNATURE
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.model_signing import PROMOTION
from modelkeep.kernel.references import Reference


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    return Office.opened(services, admin)


@pytest.fixture
def signer(services: Services) -> CounterSigner:
    return services.signing.counter_signer


def signed(services: Services, admin: Actor, version: ModelVersion) -> list[CheckedSignature]:
    """Return the signatures of a version, the oldest first."""
    return list(reversed(listed(services, admin, version.reference)))


def said(services: Services, admin: Actor, version: ModelVersion) -> list[Mapping[str, Any]]:
    """Return what the registry says of the promotions of a version, the oldest first; each statement holds."""
    found = [one.verified for one in signed(services, admin, version)]
    assert all(one is not None and one.promotion is not None for one in found)
    return [one.promotion for one in found if one is not None and one.promotion is not None]


def test_each_promotion_is_signed_once_with_its_entry_of_the_log(
    services: Services, admin: Actor, office: Office, signer: CounterSigner
) -> None:
    assert not signer.behind()
    version = office.in_production()
    assert signer.behind()
    assert (signer.sign_promotions(), signer.sign_promotions(), signer.behind()) == (2, 0, False)
    staging, production = said(services, admin, version)
    assert (staging["stage"], production["stage"], production["from_stage"]) == ("Staging", "Production", "Staging")
    assert (production["manner"], production["policy"]["name"]) == ("approved", "default")
    assert [vote["voter"] for vote in production["approvals"]] == [office.lead.id, office.legal.id, office.security.id]
    assert (production["promoted_by"], production["binding"]["manifest_digest"]) == (
        office.max.id,
        str(version.manifest_digest),
    )
    assert production["gate_results"] == production["binding"]["evidence_digest"]
    (entry,) = services.audit_reader.read(production["entry"]["seq"] - 1, 1)
    assert (entry.action, entry.subject) == ("governance.version_promoted", version.reference)
    assert production["entry"]["leaf_hash"] == entry.leaf_hash.hex()


def test_emergencies_and_rollbacks_are_signed_as_what_they_are(
    services: Services, admin: Actor, office: Office, signer: CounterSigner, clock: ManualClock
) -> None:
    first = office.in_production()
    clock.advance(timedelta(days=1))
    second = a_version(services, office.ana)
    services.governance.emergencies.break_glass(
        office.max, Reference.parse(second.reference), "Production", reason="it burns"
    )
    services.governance.rollbacks.roll_back(office.max, SCORER, Goal("1.0.0", reason="it burns more"))
    assert signer.sign_promotions() == 4
    assert [one["manner"] for one in said(services, admin, second)] == ["break_glass"]
    back = said(services, admin, first)[-1]
    assert (back["manner"], back["approvals"], back["gate_results"]) == ("rollback", [], None)


def test_a_statement_of_a_promotion_is_no_signature_over_files(
    services: Services, office: Office, signer: CounterSigner, clock: ManualClock
) -> None:
    """It opens no gate, and a version that nobody has signed may be gone back to."""
    version = office.in_production()
    signer.sign_promotions()
    with services.access.database.snapshot() as tx:
        assert verified_signatures(tx, version) == ()
    clock.advance(timedelta(days=1))
    office.in_production()
    assert services.governance.rollbacks.plan(office.max, SCORER, Goal("1.0.0")).ready


def test_two_servers_at_once_sign_a_promotion_once(
    services: Services, admin: Actor, office: Office, signer: CounterSigner
) -> None:
    version = office.staged()
    entry = signer._next(None)
    assert entry is not None
    signer._sign(entry, None)
    signer._sign(entry, None)
    assert len(said(services, admin, version)) == 1


def test_what_the_old_key_has_signed_holds_after_another_one_took_over(
    services: Services, admin: Actor, office: Office, signer: CounterSigner
) -> None:
    version = office.staged()
    signer.sign_promotions()
    request = office.request(version, "Production").value.request
    office.vote(request.id, office.lead, office.legal, office.security)
    office.promote(request.id)
    new = a_private_key()
    assert replace(signer, key=lambda: new).sign_promotions() == 1
    assert len(said(services, admin, version)) == 2
    keys = [one.verified.fingerprint for one in signed(services, admin, version) if one.verified]
    assert keys == [signer.key().public.hint, new.public.hint]


def test_a_key_that_was_taken_back_signs_nothing_until_there_is_another(
    services: Services, admin: Actor, office: Office, signer: CounterSigner
) -> None:
    first = office.staged()
    signer.sign_promotions()
    (key,) = services.signing.keys.list(admin, REGISTRY, EVERYTHING).items
    services.signing.keys.revoke(admin, REGISTRY, key.id, reason="stolen")
    second = office.staged()
    with pytest.raises(RevokedSigningKeyError, match="MODELKEEP_SIGNING_KEY"):
        signer.sign_promotions()
    new = a_private_key()
    assert replace(signer, key=lambda: new).sign_promotions() == 1
    assert [one["stage"] for one in said(services, admin, second)] == ["Staging"]
    (old,) = signed(services, admin, first)
    assert "the trust in it was taken back" in old.fault


def test_a_statement_that_is_moved_to_another_version_does_not_hold(
    services: Services, admin: Actor, office: Office, signer: CounterSigner, database_url: str
) -> None:
    office.staged()
    signer.sign_promotions()
    other = a_version(services, admin)
    tampered(database_url, update(SIGNATURE).values(version_id=other.id))
    (moved,) = signed(services, admin, other)
    assert (moved.verified, moved.fault) == (None, "another version was promoted")
    assert moved.signature.predicate_type == PROMOTION
