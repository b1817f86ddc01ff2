"""Adds the REST API to an application: routes, error handlers, the reference at `/docs`."""

from fastapi import FastAPI

from modelkeep.api.rest import health, index, login_pages, v1
from modelkeep.api.rest.description import describe
from modelkeep.api.rest.errors import install_error_handlers
from modelkeep.api.rest.event_streams import EventStreams
from modelkeep.api.rest.requests import JsonLimits
from modelkeep.api.rest.streams import BodyReader
from modelkeep.kernel.manifests import ManifestLimits

PREFIX = "/api/v1"


def install_rest(app: FastAPI, *, json_limits: JsonLimits, manifest_limits: ManifestLimits) -> None:
    """Add version 1 of the API under `/api/v1`; the application must carry `state.services`."""
    app.state.json_limits = json_limits
    app.state.manifest_limits = manifest_limits
    app.state.body_reader = BodyReader()
    app.state.event_streams = EventStreams(app.state.services.events.feed)
    for router in v1.routers:
        app.include_router(router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(index.router)
    app.include_router(login_pages.router)
    install_error_handlers(app)
    describe(app, PREFIX)
