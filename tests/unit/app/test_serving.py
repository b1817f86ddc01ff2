import asyncio

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from modelkeep.app.serving import _options
from modelkeep.app.settings import Settings
from modelkeep.kernel.errors import InvalidValueError


async def who_asks(scope: Scope, receive: Receive, send: Send) -> None:
    client = Request(scope).client
    await PlainTextResponse(client.host if client else "")(scope, receive, send)


def seen(settings: Settings, peer: str, forwarded: str) -> str:
    """Return the client that the application sees of a request from a peer."""
    config = uvicorn.Config(who_asks, **_options(settings))
    config.load()

    async def ask() -> str:
        transport = httpx.ASGITransport(config.loaded_app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://registry") as http:
            return (await http.get("/", headers={"X-Forwarded-For": forwarded})).text

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        (None, "127.0.0.1", "198.51.100.7", "198.51.100.7"),
        (None, "127.0.0.1", "10.0.0.1, 127.0.0.1, 198.51.100.7", "198.51.100.7"),  # the client wrote the first two
        (None, "203.0.113.9", "10.0.0.1", "203.0.113.9"),  # no proxy of ours
        ("10.0.0.0/8,::1", "10.0.0.4", "192.0.2.1, 198.51.100.7, 10.9.9.9", "198.51.100.7"),  # two proxies
    ],
)
def test_a_client_behind_a_proxy_cannot_choose_its_address(
    proxies: str | None, peer: str, forwarded: str, client: str
) -> None:
    assert seen(Settings.read({}, behind_proxy=True, trusted_proxies=proxies), peer, forwarded) == client


def test_without_a_proxy_the_header_counts_for_nothing() -> None:
    assert seen(Settings.read({}), "127.0.0.1", "198.51.100.7") == "127.0.0.1"


@pytest.mark.parametrize("text", ["*", "proxy.example", "10.0.0.1/8", "127.0.0.1,"])
def test_a_proxy_that_is_no_address_is_refused(text: str) -> None:
    settings = Settings.read({}, behind_proxy=True, trusted_proxies=text)
    with pytest.raises(InvalidValueError, match="MODELKEEP_TRUSTED_PROXIES holds"):
        _options(settings)
