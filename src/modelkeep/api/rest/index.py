"""The root: says where to go until the web page exists, to people and to programs."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

router = APIRouter()

_PLACES: Final = {"reference": "/docs", "openapi": "/openapi.json", "api": "/api/v1", "readiness": "/readyz"}
_FIRST_PUSH: Final = "modelkeep push ./model my-model"
_POLICY: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
_PAGE: Final = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Modelkeep</title>
<style>
  body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}
  code {{ font-family: ui-monospace, monospace; padding: .2em .5em; border: 1px solid; border-radius: .3em }}
</style>
<h1>Modelkeep</h1>
<p>The registry runs. It has no web page yet: use the command line, the Python client, or the REST API.</p>
<p>Store a first model: <code>{_FIRST_PUSH}</code></p>
<ul>
  <li><a href="{_PLACES["reference"]}">Reference of the REST API</a></li>
  <li><a href="{_PLACES["openapi"]}">OpenAPI document</a></li>
  <li><a href="{_PLACES["readiness"]}">Can this server serve?</a></li>
</ul>
</html>
"""


@router.get("/", include_in_schema=False)
async def index(request: Request) -> Response:
    """Answer a browser with a page, everything else with JSON."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_PAGE, headers=_POLICY)
    return JSONResponse({"name": "Modelkeep", **_PLACES, "next": _FIRST_PUSH})
