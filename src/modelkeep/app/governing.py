"""Wires governance: policies, and what goes by them."""

from functools import partial

from modelkeep.domains.access import AccessService, RoleService
from modelkeep.domains.cards import current_card
from modelkeep.domains.governance import (
    CATALOG_FACTS,
    CelEngine,
    GateEvaluator,
    GovernanceServices,
    Lookout,
    PlanningService,
    PolicyService,
    PromotionService,
    VotingService,
    check_config,
)
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Transaction


def governing(access: AccessService, clock: Clock, ids: IdSource) -> GovernanceServices:
    """Wire the domain."""
    database, engine = access.database, CelEngine()
    roles, evaluator = RoleService(database, access, clock), GateEvaluator(engine, CATALOG_FACTS)
    policies = PolicyService(database, access, roles, clock, ids, partial(check_config, engine=engine))
    lookout = Lookout(evaluator, _card_digest)
    return GovernanceServices(
        policies=policies,
        planning=PlanningService(policies, evaluator),
        promotions=PromotionService(database, access, lookout, clock, ids),
        votes=VotingService(database, access, lookout, clock, ids),
    )


def _card_digest(tx: Transaction, version_id: str) -> str:
    card = current_card(tx, version_id)
    return "" if card is None else str(card.digest)
