"""A registry behind real HTTP whose time is the test's: a server on a thread of this process."""

import threading
import time
from dataclasses import dataclass, field

import uvicorn
from tests.e2e.registry_server import RegistryServer
from tests.e2e.terminal import CommandLine
from tests.people import a_token, somebody
from tests.registries import SECRET_KEY, ManualClock

from modelkeep.app.bootstrap import Services, build, prepare
from modelkeep.app.server import create_app
from modelkeep.app.settings import Settings as ServerSettings
from modelkeep.client import Registry
from modelkeep.client.settings import Settings
from modelkeep.kernel.ids import uuid7


@dataclass
class ClockedServer(RegistryServer):
    """The server, the clock that it reads, and what is behind it once it was started."""

    clock: ManualClock = field(default_factory=ManualClock)
    database_url: str = ""
    _services: Services | None = None
    _admin_token: str = ""
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def services(self) -> Services:
        assert self._services is not None
        return self._services

    def person(self, name: str, *roles: tuple[str, str]) -> CommandLine:
        """Return the command line of a new user, who holds these roles on the scopes beside them."""
        return self._command_line(name, a_token(self.services, somebody(self.services, *roles, name=name)))

    def administrator(self) -> CommandLine:
        """Return the command line of the administrator."""
        return self._command_line("admin", self._admin_token)

    def connect_as(self, person: CommandLine) -> Registry:
        """Return the SDK's registry, by a person's rights."""
        return Registry(Settings(self.url, person.variables["MODELKEEP_TOKEN"]))

    def launch(self) -> None:
        settings = ServerSettings.read(
            {"MODELKEEP_PORT": str(self.port)},
            data_dir=self.folder / "data",
            database_url=self.database_url,
            secret_key=SECRET_KEY,
        )
        settings.data_dir.mkdir(parents=True)
        self._services = build(settings, clock=self.clock, ids=uuid7(self.clock))
        self._admin_token = prepare(settings, self._services) or ""
        app = create_app(settings, self._services)
        self._server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_config=None))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while not self._is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()

    def _command_line(self, name: str, token: str) -> CommandLine:
        folder = self.folder / name
        folder.mkdir()
        return CommandLine(self, folder, {"MODELKEEP_TOKEN": token})
