"""Wires governance: policies, and what goes by them."""

from collections.abc import Mapping, Sequence
from functools import partial

from modelkeep.app.events import Foundation
from modelkeep.app.gating import gate_services
from modelkeep.domains.access import RequestLimits, RoleService
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.audit import AuditReader
from modelkeep.domains.cards import Framework, card_state
from modelkeep.domains.governance import (
    ApprovalService,
    CelEngine,
    DataService,
    DelegationService,
    EmergencyService,
    GateEvaluator,
    GovernanceServices,
    InboxService,
    Lookout,
    PlanningService,
    PolicyService,
    PromotionService,
    Renewals,
    ReviewService,
    RollbackService,
    Upkeep,
    VotingService,
    check_config,
    fact_sources,
    job_kinds,
)
from modelkeep.platform.database import Transaction
from modelkeep.platform.jobs import JobKind


def governing(
    on: Foundation, artifacts: ArtifactService, limits: RequestLimits, frameworks: Mapping[str, Framework]
) -> tuple[GovernanceServices, Sequence[JobKind]]:
    """Wire the domain: what it offers, and its background work."""
    database, access, clock, ids = on.database, on.access, on.clock, on.new_id
    engine = CelEngine()
    roles, evaluator = RoleService(database, access, clock), GateEvaluator(engine, fact_sources(frameworks))
    policies = PolicyService(database, access, roles, clock, ids, partial(check_config, engine=engine))
    lookout = Lookout(evaluator, _card_digest)
    renewals = Renewals(lookout, ids)
    emergencies = EmergencyService(database, access, lookout, clock, ids)
    offered = GovernanceServices(
        policies=policies,
        planning=PlanningService(policies, evaluator),
        promotions=PromotionService(database, access, lookout, renewals, clock, ids),
        votes=VotingService(database, access, lookout, clock, ids),
        inbox=InboxService(database, access),
        reviews=ReviewService(database, access, clock, ids),
        delegations=DelegationService(database, access, clock, ids),
        emergencies=emergencies,
        rollbacks=RollbackService(database, access, lookout, artifacts.problems, clock, ids),
        data=DataService(database, access, clock),
        approvals=ApprovalService(database, access, clock),
        gates=gate_services(access, limits, evaluator, clock, ids),
    )
    upkeep = Upkeep(database, lookout, renewals, AuditReader(database), clock)
    return offered, job_kinds(upkeep, emergencies, offered.gates.waivers)


def _card_digest(tx: Transaction, version_id: str) -> str:
    card = card_state(tx, version_id)
    return "" if card is None else card.digest
