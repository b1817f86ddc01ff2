"""Version 1 of the REST API."""

from fastapi import APIRouter

from modelkeep.api.rest.v1 import aliases, content, models, namespaces, tags, uploads, versions, whoami

routers: tuple[APIRouter, ...] = (
    whoami.router,
    namespaces.router,
    models.router,
    aliases.router,
    uploads.router,
    versions.search_router,
    versions.router,
    tags.router,
    content.router,
)

__all__ = ["routers"]
