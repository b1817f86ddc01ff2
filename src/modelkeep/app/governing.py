"""Wires governance: policies, and what goes by them."""

from modelkeep.domains.access import AccessService, RoleService
from modelkeep.domains.governance import GovernanceServices, PolicyService
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource


def governing(access: AccessService, clock: Clock, ids: IdSource) -> GovernanceServices:
    """Wire the domain."""
    database = access.database
    return GovernanceServices(
        policies=PolicyService(database, access, RoleService(database, access, clock), clock, ids),
    )
