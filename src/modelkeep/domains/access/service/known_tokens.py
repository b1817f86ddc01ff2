"""Tokens that this process has just looked up, so that not each request asks the database."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from cachetools import TTLCache

from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.tokens import Token
from modelkeep.kernel.identity import PrincipalId

CACHE_SECONDS: Final = 5
"""How long a revoked token may still open another process of the registry."""
_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class KnownTokens:
    """What was found for hashes of tokens, for a few seconds; what is forgotten does not come back by a slow reader."""

    _found: "TTLCache[bytes, tuple[Token, Principal]]" = field(
        default_factory=lambda: TTLCache(maxsize=_REMEMBERED, ttl=CACHE_SECONDS), repr=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False)
    _forgotten: int = 0

    def find(self, secret_hash: bytes) -> tuple[Token, Principal] | None:
        """Return what was found a moment ago, or None."""
        with self._lock:
            return self._found.get(secret_hash)

    def moment(self) -> int:
        """Return the moment at which a look-up begins."""
        with self._lock:
            return self._forgotten

    def add(self, secret_hash: bytes, found: tuple[Token, Principal], moment: int) -> None:
        """Keep what a look-up that began at a moment has found, unless something was forgotten meanwhile."""
        with self._lock:
            if moment == self._forgotten:
                self._found[secret_hash] = found

    def forget(self, principal: PrincipalId) -> None:
        """Forget all tokens of a principal: the next request with one asks the database."""
        with self._lock:
            self._forgotten += 1
            for secret_hash in [key for key, (_, holder) in self._found.items() if holder.id == principal]:
                del self._found[secret_hash]
