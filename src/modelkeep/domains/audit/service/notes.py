"""Signs texts that leave the registry with the key of its log: who verifies the log verifies them."""

from dataclasses import dataclass

from modelkeep.domains.audit.domain.signed_notes import NoteSignature, SignedNote
from modelkeep.domains.audit.ports import LogSigners
from modelkeep.kernel.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """Signs with the newest key."""

    signers: LogSigners

    def sign(self, text: str) -> SignedNote:
        """Return a text as a signed note.

        Its first line must be no name of a log: what is signed here must not be taken for a checkpoint.

        Raises:
            InvalidValueError: it is, or the text is none of a note.
        """
        signer = self.signers.given()[0]
        verifier = signer.verifier
        if not text.endswith("\n") or "\n\n" in text or text.partition("\n")[0] == verifier.name:
            raise InvalidValueError("a note that the log signs ends with a newline, and is no checkpoint")
        return SignedNote(text).signed(NoteSignature(verifier.name, verifier.id, signer.sign(text.encode())))
