"""Where facts come from: each is read when a gate needs it, once for an evaluation, by SQL within the transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeAlias

from modelkeep.domains.cards import Card, Framework, card_state, current_card, score
from modelkeep.domains.catalog import ModelVersion, find_holder, measured_at, model_named
from modelkeep.domains.governance.domain.policies import Move
from modelkeep.domains.governance.repository.external_checks import ExternalCheckRepository
from modelkeep.domains.governance.service.gates.version_facts import (
    model_document,
    moment,
    plain_metrics,
    version_document,
)
from modelkeep.domains.governance.service.parties import has_part, parties_of_move
from modelkeep.domains.governance.service.verification import verified_signatures
from modelkeep.domains.inspection import inspection_of
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction

_FINDINGS: Final = 100
"""How many findings of a scan, and gaps of a card, are kept as evidence."""


@dataclass(frozen=True)
class Case:
    """What an evaluation is about: a version, the move that it is to make, when, and who asked for the move."""

    tx: Transaction
    version: ModelVersion
    move: Move
    at: datetime
    requesters: frozenset[PrincipalId] = frozenset()

    @cached_property
    def card(self) -> Card | None:
        """The version's card, read at most once: it can have megabytes."""
        return current_card(self.tx, self.version.id)


FactSource: TypeAlias = Callable[[Case, str], Json]
"""Reads a fact about a case; the text is what follows the colon in the fact's name, such as the alias of a holder."""


class KnownFacts(Mapping[str, Json]):
    """The facts of a case, each read when it is first asked for."""

    def __init__(self, case: Case, sources: Mapping[str, FactSource]) -> None:
        """Read nothing yet."""
        self._case, self._sources = case, sources
        self._known: dict[str, Json] = {}

    def __getitem__(self, name: str) -> Json:
        """Return a fact.

        Raises:
            KeyError: this registry has nothing that knows it.
        """
        if name not in self._known:
            kind, _, argument = name.partition(":")
            self._known[name] = self._sources[kind](self._case, argument)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the facts that were read."""
        return iter(self._known)

    def __len__(self) -> int:
        """Return how many facts were read."""
        return len(self._known)

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Return those of the names of facts that nothing here knows."""
        return sorted(name for name in names if name.partition(":")[0] not in self._sources)


def _current(case: Case, _: str) -> Json:
    """Return the version that holds the stage; none if that is the one which is judged: it has no other to beat."""
    found = find_holder(case.tx, case.version.model, case.move.target)
    return None if found is None or found.id == case.version.id else version_document(found)


def _holder(case: Case, held: str) -> Json:
    found = find_holder(case.tx, case.version.model, held)
    return None if found is None else version_document(found)


def _evaluation(case: Case, _: str) -> Json:
    at = measured_at(case.tx, case.version.id)
    return None if at is None else {"at": moment(at)}


CATALOG_FACTS: Final[Mapping[str, FactSource]] = {
    "version": lambda case, _: version_document(case.version),
    "metrics": lambda case, _: plain_metrics(case.version.record.metrics),
    "model": lambda case, _: model_document(model_named(case.tx, case.version.model)),
    "target_stage": lambda case, _: case.move.target,
    "current": _current,
    "holder": _holder,
    "evaluation": _evaluation,
}
"""What the catalog knows of a case."""


def _signatures(case: Case, _: str) -> Json:
    return [
        {
            "key_id": signature.key_id,
            "key_name": signature.key_name,
            "key_scope": signature.key_scope,
            "fingerprint": signature.fingerprint,
            "identity": signature.identity,
            "bundle": str(signature.digest),
        }
        for signature in verified_signatures(case.tx, case.version)
    ]


def _external(case: Case, gate_id: str) -> Json:
    check = ExternalCheckRepository(case.tx).newest(case.version.id, gate_id)
    if check is None:
        return None
    if has_part(case.tx, check.asked_by, parties_of_move(case.tx, case.version, case.requesters)):
        return None
    return {
        "id": check.id,
        "passed": None if check.answer is None else check.answer.passed,
        "posted_at": None if check.posted_at is None else moment(check.posted_at),
        "expires_at": moment(check.expires_at),
    }


def _card(case: Case, _: str) -> Json:
    """Return the card; a version without one has an empty card, so that `has(card.risk)` is false."""
    return {} if case.card is None else case.card.document


def _card_state(case: Case, _: str) -> Json:
    card = card_state(case.tx, case.version.id)
    return None if card is None else {"at": moment(card.since), "revision": card.revision}


def _scan(case: Case, _: str) -> Json:
    inspection = inspection_of(case.tx, case.version.manifest_digest)
    if inspection is None:
        return None
    return {
        "verdict": inspection.verdict.value,
        "scanned_at": moment(inspection.scanned_at),
        "format": inspection.format,
        "sandbox": inspection.sandbox,
        "tools": [tool.to_json() for tool in inspection.tools],
        "findings": [finding.to_json() for finding in inspection.findings[:_FINDINGS]],
        "finding_count": len(inspection.findings),
    }


def _format(case: Case, _: str) -> Json:
    """Return what the files are; not when that was found out, so that a scan which finds the same ends no vote."""
    inspection = inspection_of(case.tx, case.version.manifest_digest)
    if inspection is None:
        return None
    return {
        "format": inspection.format,
        "formats": list(inspection.formats),
        "policy": inspection.format_policy.value,
        "unread": list(inspection.contents.unread[:_FINDINGS]),
    }


FACTS: Final[Mapping[str, FactSource]] = {
    **CATALOG_FACTS,
    "approvals": lambda _, __: None,  # `count_approvals` fills them in: which count depends on the other gates
    "signatures": _signatures,
    "external": _external,
    "card": _card,
    "card_state": _card_state,
    "format": _format,
    "scan": _scan,
}
"""What the registry knows of a case."""


def fact_sources(frameworks: Mapping[str, Framework], **more: FactSource) -> Mapping[str, FactSource]:
    """Return where facts come from, with the frameworks by which cards are scored."""

    def card_score(case: Case, name: str) -> Json:
        framework = frameworks.get(name)
        if framework is None or case.card is None:
            return None
        found = score(case.card.document, framework)
        missing = [f"{clause.clause.id}: {field}" for clause in found.clauses for field in clause.missing]
        return {"percent": found.percent, "missing": missing[:_FINDINGS]}

    return {**FACTS, "card_score": card_score, **more}
