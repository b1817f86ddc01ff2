"""Wires gates: what they say, waivers of them, and checks by other systems."""

from modelkeep.domains.access import AccessService, RequestLimits
from modelkeep.domains.governance import (
    ExternalCheckService,
    GateCheckService,
    GateEvaluator,
    GateServices,
    WaiverService,
)
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource


def gate_services(
    access: AccessService, limits: RequestLimits, evaluator: GateEvaluator, clock: Clock, ids: IdSource
) -> GateServices:
    """Wire what is done with gates."""
    database = access.database
    return GateServices(
        evaluator=evaluator,
        checks=GateCheckService(database, access, clock, evaluator),
        waivers=WaiverService(database, access, clock, ids),
        external=ExternalCheckService(database, access, limits, clock, ids),
    )
