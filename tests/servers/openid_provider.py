"""A real OpenID provider, the npm package `oidc-provider`, and the browser of somebody who logs in there."""

import json
import os
import re
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from tests.servers.processes import Running, ServerAbsentError, free_port

REPOSITORY = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("openid_provider.mjs")
CLIENT, SECRET = "modelkeep", "the secret of the registry at its provider"


@dataclass(frozen=True)
class OpenIdProvider:
    issuer: str

    def configure(
        self, registry: str, provider: str, accounts: dict[str, Any], *, keys: tuple[str, ...] = ("first",)
    ) -> None:
        """Start afresh: forget all sessions, know one registry and some accounts with their claims."""
        login = f"{registry}/api/v1/login/oidc/{provider}"
        client = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [f"{login}/callback"],
            "post_logout_redirect_uris": [registry],
            "backchannel_logout_uri": f"{login}/logout",
            "backchannel_logout_session_required": True,
        }
        settings = {"clients": [client], "accounts": accounts, "keys": list(keys)}
        request = urllib.request.Request(  # noqa: S310 - http://127.0.0.1
            f"{self.issuer}/settings", method="PUT", data=json.dumps(settings).encode()
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - http://127.0.0.1

    def log_in(self, browser: httpx.Client, address: str, account: str) -> str:
        """Follow a login through the provider, typing the account's name; return where it sends the browser back to."""
        for _ in range(10):
            if not address.startswith(self.issuer):
                return address
            if urlsplit(address).path.startswith("/interaction/"):
                address += f"?login={account}"
            answer = browser.get(address)
            if not answer.has_redirect_location:
                raise AssertionError(f"{address}: {answer.status_code} {answer.text[:2000]}")
            address = urljoin(address, answer.headers["Location"])
        raise AssertionError(f"the provider sends the browser in circles: {address}")

    def log_out(self, browser: httpx.Client) -> None:
        """End the session at the provider, which orders the registry to end its own."""
        asked = browser.get(f"{self.issuer}/session/end")
        (secret,) = re.findall(r'name="xsrf" value="([^"]+)"', asked.text)
        done = browser.post(f"{self.issuer}/session/end/confirm", data={"xsrf": secret, "logout": "yes"})
        assert done.status_code in (200, 302, 303), done.text


def start(server: Running) -> None:
    port = str(free_port())
    node = shutil.which("node")
    package = os.environ.get("MODELKEEP_TEST_OIDC_PROVIDER") or str(REPOSITORY / "node_modules" / "oidc-provider")
    if node is None or not Path(package, "lib", "index.js").is_file():
        raise ServerAbsentError(
            "The OpenID provider is not installed: npm install oidc-provider, then set MODELKEEP_TEST_OIDC_PROVIDER to "
            "its folder"
        )
    server.spawn([node, str(PROGRAM), package, port])
    server.settings.update(issuer=f"http://127.0.0.1:{port}")
    server.wait_for(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
