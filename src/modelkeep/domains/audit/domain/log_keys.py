"""The keys that sign the log: how they are written down, and when one takes the place of another.

The keys that a server is given are listed newest first. A key that is new to the log is adopted and signs beside the
older one, until that is no longer given; so every checkpoint of the overlap can be verified with either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from modelkeep.domains.audit.domain.event_types import INTEGER, TEXT
from modelkeep.domains.audit.domain.signed_notes import ED25519, MalformedNoteError, VerifierKey, decoded, encoded
from modelkeep.kernel.errors import Kind, RegistryError

KEY_DATA: Final = {"vkey": TEXT, "valid_from": INTEGER}
_PREFIX: Final = "PRIVATE+KEY+"
_SEED_BYTES: Final = 32


class LogKeyMismatchError(RegistryError):
    """The server was not given the key that signs the log of its database."""

    kind = Kind.BLOCKED
    code = "audit.log_key_mismatch"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key and the name it signs under, in the form that other tools for signed notes write."""

    name: str
    public: bytes
    seed: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str, public: bytes) -> Self:
        """Read `PRIVATE+KEY+NAME+ID+BASE64`, whose public key is known.

        Raises:
            MalformedNoteError: it has another form, or its id is not that of the key.
        """
        name, seed = read_seed(text)
        key = cls(name, public, seed)
        if str(key) != text.strip():
            raise MalformedNoteError(
                f"the private key of {name[:80]} is damaged: its id is not {key.verifier.id.hex()}"
            )
        return key

    @property
    def verifier(self) -> VerifierKey:
        """The key that verifies what this one signs."""
        return VerifierKey(self.name, ED25519, self.public)

    def __str__(self) -> str:
        """Return the text that `parse` reads: a secret."""
        return f"{_PREFIX}{self.name}+{self.verifier.id.hex()}+{encoded(bytes([ED25519]) + self.seed)}"


def read_seed(text: str) -> tuple[str, bytes]:
    """Return the name and the private half of a key's text.

    Raises:
        MalformedNoteError: it has another form.
    """
    name, _, rest = text.strip().removeprefix(_PREFIX).partition("+")
    data = decoded(rest.partition("+")[2])
    if not text.strip().startswith(_PREFIX) or len(data) != 1 + _SEED_BYTES or data[0] != ED25519:
        raise MalformedNoteError("a key of the log reads PRIVATE+KEY+NAME+ID+BASE64; 'modelkeep log-key new' makes one")
    return name, data[1:]


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key of the log: checkpoints of a size from `valid_from` up to `valid_to` count if it signed them."""

    verifier: VerifierKey
    valid_from: int
    valid_to: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What the keys that a server is given change about those of the log."""

    adopt: VerifierKey | None
    retire: tuple[LogKey, ...]


def key_change(known: Sequence[LogKey], given: Sequence[VerifierKey]) -> KeyChange:
    """Compare the keys of the log, oldest first, with those a server is given, newest first.

    Raises:
        LogKeyMismatchError: the key that signs now is not given, or a new one has another name or was retired.
    """
    active = [key for key in known if key.valid_to is None]
    if not active:
        return KeyChange(given[0], ())
    if active[-1].verifier not in given:
        raise LogKeyMismatchError(
            f"the audit log of this database is signed with the key {active[-1].verifier}, which this server does not "
            "have: set MODELKEEP_LOG_KEY (or copy DATA-DIR/log-key) to that of the other servers"
        )
    retire = tuple(key for key in active if key.verifier not in given)
    if given[0] == active[-1].verifier:
        return KeyChange(None, retire)
    if given[0].name != active[-1].verifier.name or given[0] in [key.verifier for key in known]:
        raise LogKeyMismatchError(
            f"the key {given[0]} cannot take over the log {active[-1].verifier.name}: make a new one with "
            "'modelkeep log-key new'; a key that was replaced is not used again"
        )
    return KeyChange(given[0], retire)
