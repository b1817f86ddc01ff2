"""Use cases run on each database in turn: importing a fixture is how pytest finds it."""

from tests.databases import (
    database_url,
    empty_database_url,
    postgresql_seed,
    postgresql_template,
    seed,
    sqlite_seed,
    sqlite_template,
)
from tests.registries import admin, admin_token, clock, services, settings, started

__all__ = [
    "admin",
    "admin_token",
    "clock",
    "database_url",
    "empty_database_url",
    "postgresql_seed",
    "postgresql_template",
    "seed",
    "services",
    "settings",
    "sqlite_seed",
    "sqlite_template",
    "started",
]
