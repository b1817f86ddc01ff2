"""What goes into a pack: each part reads what it needs in one transaction, and gives files by their paths."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from modelkeep.domains.artifacts import manifest_of
from modelkeep.domains.cards import Attachment, card_html, current_card, ml_bom
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.signatures import CheckedSignature
from modelkeep.domains.governance.domain.signing_keys import TrustedKey
from modelkeep.domains.governance.repository.evaluations import EvaluationRepository
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.domains.governance.repository.promotion import RequestRepository, VoteRepository
from modelkeep.domains.governance.repository.signatures import SignatureRepository
from modelkeep.domains.governance.repository.waivers import WaiverRepository
from modelkeep.domains.governance.service.verification import Verifier
from modelkeep.domains.inspection import inspection_of
from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.digests import Digest
from modelkeep.platform.database import Transaction

Files: TypeAlias = Iterator[tuple[str, bytes]]


def version_part(tx: Transaction, version: ModelVersion) -> Files:
    """Yield what was recorded of the version, what it came from, and the list of its files byte for byte."""
    record = asdict(version.record)
    facts = {name: getattr(version, name) for name in _FACTS}
    yield "version.json", document({**facts, "reference": version.reference, "record": record})
    yield "lineage.json", document({name: record[name] for name in _LINEAGE})
    yield "manifest.json", manifest_of(tx, version.manifest_digest).document()


def signature_part(tx: Transaction, version: ModelVersion) -> Files:
    """Yield each signature as it came, what came of verifying it, and the keys that are trusted to make them."""
    signatures = SignatureRepository(tx, version.id).all()
    verifier = Verifier.of(tx, version)
    yield "signatures.json", document({"signatures": [_checked(verifier.check(found)) for found in signatures]})
    yield "trusted-keys.json", document({"keys": [_key(key) for key in verifier.keys if key.until is None]})
    yield from ((f"signatures/{found.id}.sig", found.bundle) for found in signatures)


def inspection_part(tx: Transaction, version: ModelVersion) -> Files:
    """Yield what inspecting the files has found, if they were inspected."""
    inspection = inspection_of(tx, version.manifest_digest)
    if inspection is not None:
        yield "inspection.json", document(asdict(inspection))


def card_part(tx: Transaction, version: ModelVersion) -> Files:
    """Yield the card as it is now: its document, a page for people, and the bill of materials (CycloneDX 1.6)."""
    card = current_card(tx, version.id)
    if card is None:
        return
    facts = {"revision": card.revision, "digest": card.digest, "since": card.since, "set_by": card.set_by}
    yield "card.json", document({**facts, "document": card.document})
    page = card_html(card.document, f"{version.reference}, revision {card.revision}", lambda _digest: None)
    yield "card.html", page.encode()
    yield "ml-bom.cdx.json", ml_bom(version, card, manifest_of(tx, version.manifest_digest).files).encode()


def attachment_list(packed: Mapping[Digest, str], attached: Iterable[Attachment], *, personal: bool) -> bytes:
    """Return the list of what is attached to the card, with where in the pack its bytes are, if they are in it."""
    told = [
        {
            "name": found.name if personal else None,
            "alt": found.alt if personal else None,
            "digest": found.digest,
            "size": found.size,
            "media_type": found.media_type,
            "since": found.since,
            "set_by": found.set_by,
            "file": packed.get(found.digest),
        }
        for found in attached
    ]
    return document({"attachments": told})


def waiver_part(tx: Transaction, version: ModelVersion, at: datetime, *, personal: bool) -> Files:
    """Yield the waivers that let the version pass a gate that does not hold, if there are any in force."""
    in_force = WaiverRepository(tx, version.model_id, str(version.model)).in_force(at)
    left_out = () if personal else ("reason",)
    told = [_without(asdict(waiver), left_out) for waiver in in_force if waiver.version_id in (None, version.id)]
    if told:
        yield "waivers.json", document({"waivers": told})


def promotion_part(tx: Transaction, version: ModelVersion, *, personal: bool) -> Files:
    """Yield the requests for promotion, each vote with the digests of what the voter saw, and the policies asked by."""
    requests = RequestRepository(tx).of_version(version.id)
    votes = VoteRepository(tx).all([request.id for request in requests]) if requests else ()
    left_out = () if personal else ("reason", "comment")
    told = [_without(asdict(request), left_out) | {"votes": []} for request in requests]
    by_request = {str(request["id"]): request for request in told}
    for vote in votes:
        shown = _without(asdict(vote), left_out) | {"saw": vote.binding.digests}
        if not personal:
            shown["conditions"] = _without(asdict(vote.conditions), ("text", "terms"))
        by_request[vote.request_id]["votes"].append(shown)
    yield "promotion-requests.json", document({"requests": told})
    yield from _gates(tx, version, personal=personal)
    policies = PolicyRepository(tx)
    for name, number in sorted({(request.policy, request.policy_number) for request in requests}):
        yield f"policies/{name}-{number}.json", document(policies.get(name, number).document)


def _gates(tx: Transaction, version: ModelVersion, *, personal: bool) -> Files:
    """Yield what the gates said when the version moved, by request; what they saw may hold what people typed."""
    kept = [asdict(evaluation) for evaluation in EvaluationRepository(tx).of_version(version.id)]
    left_out = () if personal else ("snapshot", "evidence", "message")
    for evaluation in kept:
        evaluation["results"] = [_without(result, left_out) for result in evaluation["results"]]
    if kept:
        yield "gate-results.json", document({"evaluations": kept})


PARTS = (version_part, card_part, signature_part, inspection_part)
"""The parts that hold no texts that people typed about what they did, in the order in which they are gathered."""

_FACTS = (
    "id",
    "model_id",
    "model",
    "number",
    "version",
    "stage",
    "manifest_digest",
    "file_count",
    "total_size",
    "aliases",
    "created_at",
    "created_by",
    "changed_at",
    "changed_by",
    "deleted_at",
    "quarantined_at",
    "revision",
)
_LINEAGE = ("parents", "training_data", "validation_data", "training_code", "environment", "preprocessing")


def document(value: Mapping[str, object]) -> bytes:
    """Return JSON for people and programs."""
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2, sort_keys=True).encode()


def _plain(value: object) -> Any:  # noqa: ANN401 - what the encoder takes
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type) and type(value).__str__ is object.__str__:
        return asdict(value)
    return list(value) if isinstance(value, set | frozenset) else str(value)


def _without(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _checked(checked: CheckedSignature) -> Mapping[str, object]:
    signature, verified = checked.signature, checked.verified
    return {
        "id": signature.id,
        "digest": signature.digest,
        "predicate_type": signature.predicate_type,
        "added_at": signature.added_at,
        "added_by": signature.added_by,
        "holds": verified is not None,
        "fault": checked.fault,
        "key_id": None if verified is None else verified.key_id,
        "identity": None if verified is None else verified.identity,
    }


def _key(key: TrustedKey) -> Mapping[str, object]:
    return {
        "id": key.id,
        "scope": key.scope,
        "name": key.name,
        "kind": key.material.kind,
        "fingerprint": key.material.fingerprint,
        "pem": key.material.pem,
        "identity": None if key.identity is None else key.identity.text,
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "since": key.since,
    }
