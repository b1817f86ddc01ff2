"""Who has a part in a version: they neither waive a gate of it nor have it checked, under whatever account."""

from modelkeep.domains.access import people_behind
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.repository.promotion import RequestRepository
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction


def parties(tx: Transaction, version: ModelVersion) -> frozenset[PrincipalId]:
    """Return who made a version, who asks for a move of it now, and whoever is behind those."""
    return people_behind(tx, {version.created_by, *RequestRepository(tx).asking(version.id)})


def has_part(tx: Transaction, who: PrincipalId, parties: frozenset[PrincipalId]) -> bool:
    """Say whether a principal is one of those who have a part, or one of those is behind it."""
    return not parties.isdisjoint(people_behind(tx, {who}))


def parties_of_move(
    tx: Transaction, version: ModelVersion, requesters: frozenset[PrincipalId]
) -> frozenset[PrincipalId]:
    """Return who made a version, who asked for one move of it, and whoever is behind those."""
    return people_behind(tx, {version.created_by, *requesters})
