"""Anchors that are asked over HTTP: any address that takes a checkpoint, and witnesses that sign it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.audit.domain.checkpoints import Checkpoint, cosigned_message, read_cosignature
from modelkeep.domains.audit.domain.signed_notes import (
    NoteSignature,
    SignedNote,
    VerifierKey,
    encoded,
    parse_signatures,
)
from modelkeep.domains.audit.ports import AnchorFailedError, ForkedLogError, PublishedTree
from modelkeep.domains.audit.service.anchors.forks import longer
from modelkeep.platform.outbound_http import Answer, OutboundFailedError, OutboundHttp, OutboundRefusedError
from modelkeep.platform.signing import verify

_TEXT: Final = {"Content-Type": "text/plain; charset=utf-8"}
_SIZE_TYPE: Final = "text/x.tlog.size"
_OK, _CREATED, _MULTIPLE, _CONFLICT, _UNPROCESSABLE = 200, 201, 300, 409, 422
_MOST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class WebhookAnchor:
    """Sends each checkpoint as the body of a POST: to a git repository's hook, a mailer, a timestamp service."""

    name: str
    url: str = field(repr=False)
    http: OutboundHttp = field(repr=False)

    def push(self, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> Sequence[NoteSignature]:  # noqa: ARG002 - it answers nothing to compare
        """Send the checkpoint.

        Raises:
            AnchorFailedError: the answer is no success.
        """
        answer = _post(self.http, self.name, self.url, str(note))
        if not _OK <= answer.status < _MULTIPLE:
            raise AnchorFailedError(f"the anchor {self.name} answered {answer.status}")
        return ()


@dataclass(slots=True)
class _Seen:
    """The size of the log that a witness is known to have signed."""

    size: int = 0


@dataclass(frozen=True, slots=True)
class WitnessAnchor:
    """A witness (c2sp.org/tlog-witness): it signs a checkpoint only if the log continues what it signed before."""

    name: str
    url: str
    key: VerifierKey
    http: OutboundHttp = field(repr=False)
    _seen: _Seen = field(default_factory=_Seen, repr=False)

    def push(self, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> Sequence[NoteSignature]:
        """Ask for the witness's signature of a checkpoint; where it knows of another size, once more from that.

        Raises:
            AnchorFailedError: it does not answer, does not know this log or its key, or signs with another key.
            ForkedLogError: it has signed a longer log, or another one.
        """
        answer = self._ask(self._seen.size, checkpoint, note, tree)
        known = _known_size(answer)
        if known is not None:
            if known > checkpoint.size:
                raise longer(self.name, known, checkpoint.size)
            answer = self._ask(known, checkpoint, note, tree)
        if answer.status in (_CONFLICT, _UNPROCESSABLE):
            raise ForkedLogError(
                f"the witness {self.name} has signed another log than this one ({answer.status}): the database was "
                "rewritten, or restored from a backup and then changed"
            )
        if answer.status != _OK:
            raise AnchorFailedError(f"the witness {self.name} answered {answer.status}: does it know this log's key?")
        signatures = self._verified(answer, note)
        self._seen.size = checkpoint.size
        return signatures

    def _ask(self, old: int, checkpoint: Checkpoint, note: SignedNote, tree: PublishedTree) -> Answer:
        old = min(old, checkpoint.size)
        proof = tree.consistency(old, checkpoint.size) if old else ()
        lines = [f"old {old}", *map(encoded, proof), "", str(note)]
        return _post(self.http, self.name, f"{self.url.rstrip('/')}/add-checkpoint", "\n".join(lines))

    def _verified(self, answer: Answer, note: SignedNote) -> Sequence[NoteSignature]:
        found = [line for line in parse_signatures(answer.body.decode(errors="replace")) if line.by(self.key)]
        for line in found:
            time, signature = read_cosignature(line.payload)
            if not verify(self.key.public, cosigned_message(time, note.text), signature):
                found = []
        if not found:
            raise AnchorFailedError(f"the witness {self.name} did not sign with the key that is set for it")
        return found


def _known_size(answer: Answer) -> int | None:
    """Return the size that a witness has signed, if it says so."""
    if answer.status != _CONFLICT or answer.headers.get("content-type") != _SIZE_TYPE:
        return None
    size = answer.body.decode(errors="replace").strip()
    return int(size) if size.isdecimal() else None


def _post(http: OutboundHttp, name: str, url: str, body: str) -> Answer:
    try:
        return http.request("POST", url, headers=_TEXT, content=body.encode(), max_bytes=_MOST)
    except (OutboundFailedError, OutboundRefusedError) as error:
        raise AnchorFailedError(f"the anchor {name} cannot be reached: {error.message}") from error
