"""Stores what access control knows."""

from modelkeep.domains.access.repository.principals import AccessRepository

__all__ = ["AccessRepository"]
