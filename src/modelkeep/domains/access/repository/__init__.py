"""Stores what access control knows."""

from modelkeep.domains.access.repository.bindings import BindingRepository
from modelkeep.domains.access.repository.last_uses import LastUseRepository
from modelkeep.domains.access.repository.predicate import CHECK, Values, bound_values, permitted_where, scope_values
from modelkeep.domains.access.repository.principals import AccessRepository
from modelkeep.domains.access.repository.sessions import SessionRepository

__all__ = [
    "CHECK",
    "AccessRepository",
    "BindingRepository",
    "LastUseRepository",
    "SessionRepository",
    "Values",
    "bound_values",
    "permitted_where",
    "scope_values",
]
