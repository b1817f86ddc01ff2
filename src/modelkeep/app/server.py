"""The ASGI application: every facade over one set of services."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from modelkeep.api.rest import install_rest
from modelkeep.api.rest.requests import JsonLimits
from modelkeep.app.bootstrap import Services, build
from modelkeep.app.middleware import AnswerCompressionMiddleware, RequestContextMiddleware
from modelkeep.app.settings import LogFormat, Settings
from modelkeep.app.stopping import on_stop
from modelkeep.platform.telemetry import configure_logging, http_metrics, render_metrics

_DESCRIPTION = """The native API of Modelkeep, an AI model registry.

Send `Authorization: Bearer TOKEN`. Changes take `If-Match` with the revision you read, or `*`; a POST may carry an
`Idempotency-Key`, and is then safe to repeat for 24 hours. Errors are problem documents (RFC 9457) with a stable
`code`.
"""


def create_app(settings: Settings, services: Services) -> FastAPI:
    """Mount the facades over the services; they are closed with the application."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async def stop() -> None:
            services.inspections.stopping.set()
            await app.state.event_streams.close()

        with services.usage.writing(), services.access_log.reads.writing(), services.background, on_stop(stop):
            yield
        services.close()

    app = FastAPIOffline(
        title="Modelkeep",
        version=version("modelkeep"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        redoc_url=None,
    )
    app.state.services = services
    app.state.render_metrics = render_metrics
    install_rest(
        app,
        json_limits=JsonLimits(settings.max_json_bytes, settings.max_json_depth),
        manifest_limits=settings.manifest_limits,
    )
    app.add_middleware(AnswerCompressionMiddleware)
    app.add_middleware(RequestContextMiddleware, metrics=http_metrics())
    return app


def from_environment() -> FastAPI:
    """Make the application of one worker process, from the environment its parent prepared."""
    settings = Settings.read(os.environ)
    configure_logging(json=settings.log_format is LogFormat.JSON, level=settings.log_level)
    return create_app(settings, build(settings))


def _operation_id(route: APIRoute) -> str:
    return route.name
