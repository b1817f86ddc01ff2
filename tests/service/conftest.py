"""Use cases run on each database in turn: importing a fixture is how pytest finds it."""

from tests.databases import database_url, empty_database_url, postgres_template, sqlite_template
from tests.registries import admin, admin_token, clock, services, settings, started

__all__ = [
    "admin",
    "admin_token",
    "clock",
    "database_url",
    "empty_database_url",
    "postgres_template",
    "services",
    "settings",
    "sqlite_template",
    "started",
]
