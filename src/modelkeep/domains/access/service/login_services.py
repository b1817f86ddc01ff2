"""The ways into a registry, together."""

from dataclasses import dataclass

from modelkeep.domains.access.repository import LoginRepository
from modelkeep.domains.access.service.login_providers import LoginProviderService
from modelkeep.domains.access.service.logins import LoginService
from modelkeep.domains.access.service.publishing import PublishingService
from modelkeep.domains.access.service.terminals import TerminalLoginService
from modelkeep.kernel.clock import Clock
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class LoginServices:
    """How people, command lines and CI jobs get in."""

    database: Database
    clock: Clock
    providers: LoginProviderService
    people: LoginService
    terminals: TerminalLoginService
    publishing: PublishingService

    def forget_old(self) -> int:
        """Forget logins that nobody finished, and tokens that nobody could use again; return how many."""
        with self.database.transaction() as tx:
            return LoginRepository(tx).forget_old(self.clock())
