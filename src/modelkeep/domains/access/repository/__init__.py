"""Stores what access control knows."""

from modelkeep.domains.access.repository.bindings import BindingRepository
from modelkeep.domains.access.repository.predicate import CHECK, Values, bound_values, permitted_where, scope_values
from modelkeep.domains.access.repository.principals import AccessRepository

__all__ = [
    "CHECK",
    "AccessRepository",
    "BindingRepository",
    "Values",
    "bound_values",
    "permitted_where",
    "scope_values",
]
