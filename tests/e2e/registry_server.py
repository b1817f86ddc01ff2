"""A registry as a user has it: `modelkeep serve` in a process of its own, reached through the SDK."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.processes import free_port

from modelkeep.client import Registry
from modelkeep.client.cache import Cache
from modelkeep.client.credentials import find_credential
from modelkeep.client.settings import Settings

PROGRAM = Path(sys.executable).with_name("modelkeep")
PART = 2 * 1024 * 1024
"""The size of a part; small, so that small files have several."""
_REQUEST = re.compile(r"modelkeep\.access (?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d{3}) ")


@dataclass
class RegistryServer:
    """One server on a port and a data folder of its own; it may be killed and started again."""

    folder: Path
    options: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def objects(self) -> Path:
        return self.folder / "data" / "objects"

    @property
    def environment(self) -> dict[str, str]:
        """What a server, or a client in another process, is started with."""
        own = {"XDG_CONFIG_HOME": str(self.folder / "config"), "MODELKEEP_URL": self.url}
        return {**os.environ, **own}

    def start(self) -> None:
        """Start it, and wait until it serves."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        settings = {"MODELKEEP_PART_BYTES": str(PART), "MODELKEEP_DATA_DIR": str(self.folder / "data"), **self.options}
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**self.environment, **settings},
                start_new_session=True,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while not self._is_ready():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text())
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power failure would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def connect(self, cache: Path) -> Registry:
        token = find_credential(self.url, path=self.folder / "config" / "modelkeep" / "credentials.json")
        return Registry(Settings(self.url, token), cache=Cache(cache))

    def requests(self, method: str, path: str) -> Counter[str]:
        """Count the requests that were served with success, by their path, for paths that contain a pattern."""
        found = (match.groupdict() for match in _REQUEST.finditer(self.log.read_text(errors="replace")))
        return Counter(
            request["path"]
            for request in found
            if request["method"] == method and request["status"][0] == "2" and re.search(path, request["path"])
        )

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _is_ready(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/readyz", timeout=5).close()  # noqa: S310 - always http://127.0.0.1
        except OSError:
            return False
        return True
