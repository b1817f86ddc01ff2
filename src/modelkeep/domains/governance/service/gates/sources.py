"""Where facts come from: each is read when a gate needs it, once for an evaluation, by SQL within the transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from modelkeep.domains.catalog import ModelVersion, find_holder, measured_at, model_named
from modelkeep.domains.governance.domain.policies import Move
from modelkeep.domains.governance.service.gates.version_facts import (
    model_document,
    moment,
    plain_metrics,
    version_document,
)
from modelkeep.kernel.canonical_json import Json
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class Case:
    """What an evaluation is about: a version, the move that it is to make, when."""

    tx: Transaction
    version: ModelVersion
    move: Move
    at: datetime


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
    return _holder(case, case.move.target)


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
