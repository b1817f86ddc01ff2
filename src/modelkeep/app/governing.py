"""Wires governance: policies, and what goes by them."""

from functools import partial

from modelkeep.domains.access import AccessService, RoleService
from modelkeep.domains.governance import CelEngine, GovernanceServices, PolicyService, check_config
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource


def governing(access: AccessService, clock: Clock, ids: IdSource) -> GovernanceServices:
    """Wire the domain."""
    database = access.database
    roles, check = RoleService(database, access, clock), partial(check_config, engine=CelEngine())
    return GovernanceServices(policies=PolicyService(database, access, roles, clock, ids, check))
