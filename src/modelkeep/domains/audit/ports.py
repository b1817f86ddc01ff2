"""What the log needs from outside: keys to sign with, and places that remember its checkpoints."""

from collections.abc import Sequence
from typing import Protocol

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import NoteSignature, SignedNote, VerifierKey
from modelkeep.kernel.errors import Kind, RegistryError


class AnchorFailedError(RegistryError):
    """An anchor did not take a checkpoint; it will be asked again."""

    kind = Kind.UNAVAILABLE
    code = "audit.anchor_failed"


class ForkedLogError(RegistryError):
    """An anchor remembers another log, or a longer one: this database was rewritten, or is an old backup."""

    kind = Kind.CORRUPT
    code = "audit.forked_log"


class LogSigner(Protocol):
    """A private key of the log: in memory, or one that a key service keeps."""

    @property
    def verifier(self) -> VerifierKey:
        """The key that verifies what it signs."""

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message."""


class LogSigners(Protocol):
    """The private keys that this server was given."""

    def given(self) -> Sequence[LogSigner]:
        """Return them, newest first."""

    def create(self) -> LogSigner:
        """Make the first one, and keep it."""


class PublishedTree(Protocol):
    """The tree up to a checkpoint."""

    def root(self, size: int) -> bytes:
        """Return the root of the tree as it was at a size."""

    def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Return the proof that the tree of one size continues that of another."""


class Anchor(Protocol):
    """A place outside of the database that remembers checkpoints. Threads may share it."""

    @property
    def name(self) -> str:
        """What it is called: unique among those of the server, and without a secret."""

    def push(self, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> Sequence[NoteSignature]:
        """Hand over a checkpoint and return the cosignatures that were given for it. Doing it twice does no harm.

        Raises:
            RegistryError: it could not be done now, such as `AnchorFailedError`.
            ForkedLogError: the anchor remembers another log, or a longer one.
        """
