"""Version 1 of the REST API."""

from fastapi import APIRouter

from modelkeep.api.rest.v1 import (
    access,
    aliases,
    audit,
    content,
    events,
    jobs,
    leak_alerts,
    local_login,
    login_providers,
    logins,
    models,
    namespaces,
    principals,
    privacy,
    proofs,
    publishers,
    roles,
    sessions,
    tags,
    tokens,
    uploads,
    versions,
    webhooks,
    whoami,
)

routers: tuple[APIRouter, ...] = (
    versions.search_router,  # routes are tried in this order: the busiest come first
    versions.router,
    whoami.router,
    sessions.router,
    tokens.leak_router,
    tokens.router,
    leak_alerts.router,
    namespaces.router,
    models.router,
    aliases.router,
    uploads.router,
    tags.router,
    content.router,
    events.router,
    webhooks.router,
    jobs.router,
    audit.router,
    publishers.router,
    publishers.ci_router,
    login_providers.router,
    privacy.router,
    proofs.router,
    local_login.router,
    logins.router,
    access.router,
    roles.router,
    principals.router,
)

__all__ = ["routers"]
