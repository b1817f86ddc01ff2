"""Whether the server runs, whether it can serve, and what it counts. No credential is needed."""

from fastapi import APIRouter, Request, Response
from pydantic import Field

from modelkeep.api.rest.dependencies import services_of
from modelkeep.api.rest.v1.schemas.common import Out

router = APIRouter(tags=["health"])


class HealthOut(Out):
    """Whether something works, and what is wrong if it does not."""

    status: str
    checks: dict[str, str] = Field(default_factory=dict)


@router.get("/healthz")
async def health() -> HealthOut:
    """Say that the process runs: a reason to restart it is the absence of this answer."""
    return HealthOut(status="ok")


@router.get("/readyz", responses={503: {"model": HealthOut, "description": "It cannot serve now"}})
def readiness(request: Request, response: Response) -> HealthOut:
    """Say whether database and object store answer: traffic should go elsewhere while they do not."""
    checks = services_of(request).readiness()
    ready = all(state == "ok" for state in checks.values())
    response.status_code = 200 if ready else 503
    return HealthOut(status="ok" if ready else "unavailable", checks=checks)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Return the counters in Prometheus' text format."""
    body, media_type = request.app.state.render_metrics()
    return Response(body, media_type=media_type)
