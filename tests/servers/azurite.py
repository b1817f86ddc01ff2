"""Azurite: Microsoft's emulator of Azure Blob Storage, an npm package."""

import base64
import hashlib
import hmac
import os
import shutil
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.servers.processes import Running, ServerAbsentError, free_port

ACCOUNT = "devstoreaccount1"
# the published key of the development account
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class AzureServer:
    endpoint: str
    account: str
    key: str

    @property
    def options(self) -> dict[str, str]:
        """The credentials, as `open_store` takes them."""
        return {"account_key": self.key}

    @property
    def environment(self) -> dict[str, str]:
        """The credentials, as a server process takes them."""
        return {"AZURE_STORAGE_ACCOUNT_KEY": self.key}

    def new_container(self, prefix: str = "") -> str:
        """Make a container and return the address of a store in it."""
        container = f"test-{uuid.uuid4().hex}"
        self._create(container)
        return f"az://{container}/{prefix}?endpoint={self.endpoint}&account={self.account}"

    def _create(self, container: str) -> None:
        # https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": date, "x-ms-version": "2021-12-02"}
        canonical_headers = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        resource = f"/{self.account}/{self.account}/{container}\nrestype:container"
        text = "PUT" + "\n" * 12 + canonical_headers + resource
        signature = hmac.digest(base64.b64decode(self.key), text.encode(), hashlib.sha256)
        headers["Authorization"] = f"SharedKey {self.account}:{base64.b64encode(signature).decode()}"
        headers["Content-Length"] = "0"
        request = urllib.request.Request(  # noqa: S310 - http://127.0.0.1
            f"{self.endpoint}/{container}?restype=container", method="PUT", headers=headers
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - http://127.0.0.1


def start(server: Running) -> None:
    port = str(free_port())
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "-l", server.folder]
    server.spawn([_executable(), "--blobHost", "127.0.0.1", "--blobPort", port, *options])
    server.settings.update(endpoint=f"http://127.0.0.1:{port}/{ACCOUNT}", account=ACCOUNT, key=KEY)
    server.wait_for(f"http://127.0.0.1:{port}/")


def _executable() -> str:
    local = REPOSITORY / "node_modules" / ".bin" / "azurite-blob"
    candidates = [os.environ.get("MODELKEEP_TEST_AZURITE"), shutil.which("azurite-blob"), str(local)]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise ServerAbsentError("Azurite is not installed: npm install azurite, then set MODELKEEP_TEST_AZURITE")
