"""Tries expressions on versions, with a fixed number of queries however many versions there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from modelkeep.domains.cards import current_cards
from modelkeep.domains.catalog import ModelVersion, last_stage_holders, models_by_id
from modelkeep.domains.governance.domain.gates.outcomes import GateResult
from modelkeep.domains.governance.domain.policies import Gate, Move
from modelkeep.domains.governance.domain.trials import MAX_EXPRESSIONS, Trial, Trials, TriedVersion
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator
from modelkeep.domains.governance.service.gates.sources import CATALOG_FACTS, Case, FactSource, KnownFacts
from modelkeep.domains.governance.service.gates.version_facts import model_document, version_document
from modelkeep.kernel.canonical_json import Json
from modelkeep.platform.database import Transaction


def try_expressions(
    tx: Transaction,
    evaluator: GateEvaluator,
    expressions: Sequence[tuple[Move, Gate]],
    versions: Sequence[ModelVersion],
    at: datetime,
) -> Trials:
    """Say of each expression what it says of each version, as if the version made the gate's move."""
    tried = expressions[:MAX_EXPRESSIONS]
    together = replace(evaluator, sources=_Together(tx, versions).sources) if tried else evaluator
    return Trials(
        tuple(
            Trial(gate, move, tuple(_tried(tx, together, version, (move, gate), at) for version in versions))
            for move, gate in tried
        ),
        len(expressions) - len(tried),
    )


def _tried(
    tx: Transaction, evaluator: GateEvaluator, version: ModelVersion, asked: tuple[Move, Gate], at: datetime
) -> TriedVersion:
    move, gate = asked
    facts = KnownFacts(Case(tx, version, move, at), evaluator.sources)
    result = evaluator.judge(gate, facts, move, at)
    return TriedVersion(version.reference, result.status, result.message, _missing(result))


def _missing(result: GateResult) -> tuple[str, ...]:
    found = result.evidence.get("missing")
    return tuple(map(str, found)) if isinstance(found, list) else ()


@dataclass(frozen=True, slots=True)
class _Together:
    """The facts that expressions name, read for many versions at once, each sort when it is first asked for."""

    tx: Transaction
    versions: Sequence[ModelVersion]
    _read: dict[str, Mapping[str, Json]] = field(default_factory=dict)

    @property
    def sources(self) -> Mapping[str, FactSource]:
        """Where the facts come from; what a version is and has, the catalog has said already."""
        return {
            **{name: CATALOG_FACTS[name] for name in ("version", "metrics", "target_stage")},
            "card": lambda case, _: self._cards().get(case.version.id, {}),
            "model": lambda case, _: self._models()[case.version.model_id],
            "current": lambda case, _: self._holders(case.move.target).get(case.version.model_id),
        }

    def _cards(self) -> Mapping[str, Json]:
        if "card" not in self._read:
            cards = current_cards(self.tx, [version.id for version in self.versions])
            self._read["card"] = {identity: card.document for identity, card in cards.items()}
        return self._read["card"]

    def _models(self) -> Mapping[str, Json]:
        if "model" not in self._read:
            models = models_by_id(self.tx, {version.model_id for version in self.versions})
            self._read["model"] = {identity: model_document(model) for identity, model in models.items()}
        return self._read["model"]

    def _holders(self, stage: str) -> Mapping[str, Json]:
        name = f"current {stage}"
        if name not in self._read:
            holders = last_stage_holders(self.tx, {version.model_id for version in self.versions}, stage)
            self._read[name] = {identity: version_document(version) for identity, version in holders.items()}
        return self._read[name]
