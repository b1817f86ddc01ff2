"""Evaluates the gates of a move, inside the transaction of whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.facts import Snapshot, UnusableFactsError
from modelkeep.domains.governance.domain.gates.kinds import rule_of
from modelkeep.domains.governance.domain.gates.outcomes import (
    Evaluation,
    GateResult,
    Outcome,
    config_digest,
    undecided,
)
from modelkeep.domains.governance.domain.gates.rules import GateRule
from modelkeep.domains.governance.domain.policies import Gate, Move
from modelkeep.domains.governance.service.gates.sources import Case, FactSource, KnownFacts
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class GateEvaluator:
    """Says what the gates of a move say of a version; whatever cannot be judged is an error, which blocks."""

    engine: GateEngine
    sources: Mapping[str, FactSource]

    def evaluate(self, tx: Transaction, version: ModelVersion, move: Move, at: datetime) -> Evaluation:
        """Evaluate all gates of a move with the facts of the transaction; nothing but SQL is done, and nothing kept."""
        facts = KnownFacts(Case(tx, version, move, at), self.sources)
        return Evaluation.of(tuple(self._result(gate, facts, move, at) for gate in move.gates))

    def _result(self, gate: Gate, facts: KnownFacts, move: Move, at: datetime) -> GateResult:
        rule = rule_of(gate, move.target, self.engine)
        begun = perf_counter()
        snapshot, outcome = _judged(rule, facts, at)
        duration = timedelta(seconds=perf_counter() - begun)
        digest = config_digest(gate)
        return GateResult(gate, outcome.status, outcome.message, outcome.evidence, snapshot, digest, duration)


def _judged(rule: GateRule, facts: KnownFacts, at: datetime) -> tuple[Snapshot, Outcome]:
    unknown = facts.unknown(rule.needs)
    if unknown:
        return _unjudged(f"this registry keeps nothing that says {', '.join(unknown)}; take the gate out of the policy")
    for name in rule.needs:
        facts[name]
    try:
        snapshot = Snapshot.of(rule.look(facts))
    except UnusableFactsError as error:
        return _unjudged(f"the facts cannot be used: {error.message}")
    return snapshot, rule.judge(snapshot, at)


def _unjudged(why: str) -> tuple[Snapshot, Outcome]:
    return Snapshot.of({"unusable": why[:500]}), undecided(why)
