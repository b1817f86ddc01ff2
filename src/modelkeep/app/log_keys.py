"""The keys that sign the audit log: from the settings, or a file of the data folder made at the first start."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelkeep.app.private_files import create_private, read_private, replace_private
from modelkeep.app.settings import Settings
from modelkeep.domains.audit import SigningKey, VerifierKey, read_seed
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.signing import new_seed, public_half, sign

_NAME_BYTES = 8


@dataclass(frozen=True, slots=True)
class KeySigner:
    """Signs with a private key in memory."""

    key: SigningKey

    @property
    def verifier(self) -> VerifierKey:
        """The key that verifies what it signs."""
        return self.key.verifier

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        return sign(self.key.seed, message)


@dataclass(frozen=True, slots=True)
class ServerLogKeys:
    """The private keys of this server, one a line, newest first."""

    settings: Settings

    @property
    def file(self) -> Path:
        """Where the keys are, unless they are set."""
        return self.settings.data_dir / "log-key"

    def given(self) -> Sequence[KeySigner]:
        """Return the keys, newest first.

        Raises:
            MalformedNoteError: a line is no key.
        """
        text = self.settings.log_key or (read_private(self.file) or b"").decode()
        return [KeySigner(_parse(line)) for line in text.split()]

    def create(self) -> KeySigner:
        """Make the first key, in the file."""
        name = self.settings.log_name or f"modelkeep/{secrets.token_hex(_NAME_BYTES)}"
        kept = create_private(self.file, f"{_new(name)}\n".encode())
        return KeySigner(_parse(kept.decode().split()[0]))

    def replace(self) -> KeySigner:
        """Put a new key before those in the file.

        Raises:
            InvalidValueError: the keys are not in the file, or there is none yet.
        """
        given = self._in_file()
        new = _new(given[0].key.name)
        self._write([new, *(signer.key for signer in given)])
        return KeySigner(new)

    def drop_old(self) -> Sequence[KeySigner]:
        """Take all keys but the newest out of the file, and return them.

        Raises:
            InvalidValueError: the keys are not in the file, or there is none yet.
        """
        newest, *old = self._in_file()
        self._write([newest.key])
        return old

    def _in_file(self) -> Sequence[KeySigner]:
        if self.settings.log_key:
            raise InvalidValueError(
                "the keys of the log are in MODELKEEP_LOG_KEY: change them there, one a line and the newest first"
            )
        given = self.given()
        if not given:
            raise InvalidValueError(f"there is no key in {self.file}: the first start of the server makes one")
        return given

    def _write(self, keys: Sequence[SigningKey]) -> None:
        replace_private(self.file, "".join(f"{key}\n" for key in keys).encode())


def _new(name: str) -> SigningKey:
    seed = new_seed()
    return SigningKey(name, public_half(seed), seed)


def _parse(line: str) -> SigningKey:
    _, seed = read_seed(line)
    return SigningKey.parse(line, public_half(seed))
