"""Evaluates the gates of a move, inside the transaction of whoever asks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.facts import UNUSABLE, Snapshot, UnusableFactsError
from modelkeep.domains.governance.domain.gates.kinds import rule_of
from modelkeep.domains.governance.domain.gates.outcomes import (
    MAX_MESSAGE,
    Evaluation,
    GateResult,
    Outcome,
    config_digest,
    undecided,
)
from modelkeep.domains.governance.domain.gates.records import StoredEvaluation
from modelkeep.domains.governance.domain.gates.rules import GateRule
from modelkeep.domains.governance.domain.policies import Gate, Move
from modelkeep.domains.governance.domain.waivers import Waiver
from modelkeep.domains.governance.repository.evaluations import EvaluationRepository
from modelkeep.domains.governance.repository.waivers import WaiverRepository
from modelkeep.domains.governance.service.gates.sources import Case, FactSource, KnownFacts
from modelkeep.domains.governance.service.parties import parties_of_move
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction

_UNREADABLE: Final = (Kind.NOT_FOUND, Kind.INVALID, Kind.CORRUPT)
"""Kinds of errors that say something of a fact; others say that the database could not be asked."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an evaluation is kept for: the id it gets, the move, when it was, and the request, if there is one."""

    id: str
    move: Move
    at: datetime
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class GateEvaluator:
    """Says what the gates of a move say of a version; whatever cannot be judged is an error, which blocks."""

    engine: GateEngine
    sources: Mapping[str, FactSource]

    def evaluate(
        self,
        tx: Transaction,
        version: ModelVersion,
        move: Move,
        at: datetime,
        *,
        requesters: frozenset[PrincipalId] = frozenset(),
    ) -> Evaluation:
        """Evaluate all gates of a move with the facts of the transaction; nothing but SQL is done, and nothing kept.

        Waivers that the requesters of the move or the maker of the version gave do not count, nor do checks that they
        had made, nor those of whoever is behind their accounts.
        """
        facts = KnownFacts(Case(tx, version, move, at, requesters), self.sources)
        results = tuple(self.judge(gate, facts, move, at) for gate in move.gates)
        if any(not result.holds for result in results):
            waivers = WaiverRepository(tx, version.model_id, str(version.model)).in_force(at)
            barred = parties_of_move(tx, version, requesters) if waivers else ()
            results = tuple(_waived(result, waivers, version, barred) for result in results)
        return Evaluation.of(results)

    def judge(self, gate: Gate, facts: KnownFacts, move: Move, at: datetime) -> GateResult:
        """Say what one gate of a move says of facts; waivers are left aside."""
        rule = rule_of(gate, move.target, self.engine)
        begun = perf_counter()
        snapshot, outcome = _judged(rule, facts, at)
        duration = timedelta(seconds=perf_counter() - begun)
        return GateResult(
            gate=gate,
            status=outcome.status,
            found=outcome.status,
            message=outcome.message,
            evidence=outcome.evidence,
            snapshot=snapshot,
            config_digest=config_digest(gate),
            duration=duration,
        )


def keep_evaluation(
    tx: Transaction, version: ModelVersion, evaluation: Evaluation, about: Occasion
) -> StoredEvaluation:
    """Keep an evaluation with its evidence; the caller's transaction records an event that names its id."""
    stored = StoredEvaluation(
        id=about.id,
        version_id=version.id,
        request_id=about.request_id,
        source=about.move.source,
        target=about.move.target,
        at=about.at,
        digest=evaluation.digest,
        results=evaluation.results,
    )
    EvaluationRepository(tx).add(stored)
    return stored


def _waived(
    result: GateResult, waivers: Sequence[Waiver], version: ModelVersion, barred: Collection[PrincipalId]
) -> GateResult:
    if result.holds:
        return result
    covering = [waiver for waiver in waivers if waiver.covers(result.gate_id, version.id, barred)]
    if not covering:
        return result
    longest = max(covering, key=lambda waiver: waiver.expires_at)
    return result.waived(longest.id, longest.expires_at)


def _judged(rule: GateRule, facts: KnownFacts, at: datetime) -> tuple[Snapshot, Outcome]:
    unknown = facts.unknown(rule.needs)
    if unknown:
        return _unjudged(f"this registry keeps nothing that says {', '.join(unknown)}; take the gate out of the policy")
    try:
        for name in rule.needs:
            facts[name]
        snapshot = Snapshot.of(rule.look(facts))
    except UnusableFactsError as error:
        return _unjudged(f"the facts cannot be used: {error.message}")
    except RegistryError as error:
        if error.kind not in _UNREADABLE:
            raise
        return _unjudged(f"a fact cannot be read: {error.message}")
    return snapshot, rule.judge(snapshot, at)


def _unjudged(why: str) -> tuple[Snapshot, Outcome]:
    return Snapshot.of({UNUSABLE: why[:MAX_MESSAGE]}), undecided(why)
