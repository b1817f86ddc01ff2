"""Somebody's browser, and somebody who logs in and approves: `python -m tests.e2e.browser ACCOUNT ISSUER ADDRESS`."""

import re
import sys
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx
from tests.servers.openid_provider import OpenIdProvider

_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_NO_IDLE_CONNECTIONS = httpx.Limits(max_keepalive_connections=0)
_LINK = re.compile(r'<a class="button" href="([^"]+)">Log in with')


@dataclass
class Browser:
    """Keeps cookies of the registry and of the provider apart, as their addresses differ by port only."""

    account: str
    provider: OpenIdProvider
    registry: httpx.Client = field(default_factory=lambda: httpx.Client(limits=_NO_IDLE_CONNECTIONS))
    there: httpx.Client = field(default_factory=lambda: httpx.Client(limits=_NO_IDLE_CONNECTIONS))

    def open(self, address: str) -> httpx.Response:
        """Go to a page of the registry; where that asks to log in, do so first."""
        for _ in range(10):
            if address.startswith(self.provider.issuer):
                address = self.provider.log_in(self.there, address, self.account)
            shown = self.registry.get(address)
            offered = _LINK.search(shown.text)
            if shown.has_redirect_location:
                address = urljoin(address, shown.headers["Location"])
            elif offered:
                address = urljoin(address, unescape(offered[1]))
            else:
                return shown
        raise AssertionError(f"in circles: {address}")

    def approve(self, shown: httpx.Response) -> httpx.Response:
        """Press the button of a page that asks whether a command line may log in."""
        fields = {name: unescape(value) for name, value in _FIELD.findall(shown.text)}
        parts = urlsplit(str(shown.url))
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        return self.registry.post(
            shown.url.copy_with(query=None), data=fields | {"decision": "approve"}, headers=origin
        )


if __name__ == "__main__":
    person = Browser(sys.argv[1], OpenIdProvider(sys.argv[2]))
    sent_on = person.approve(person.open(sys.argv[3]))
    httpx.get(sent_on.headers["Location"])
