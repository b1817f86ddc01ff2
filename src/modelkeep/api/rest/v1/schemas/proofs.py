"""Checkpoints and proofs of the audit log on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import Out, Timestamp
from modelkeep.domains.audit import AnchorState, ConsistencyProof, InclusionProof, LogKey, StoredCheckpoint


class CheckpointOut(Out):
    """What the log states about its first `size` entries; `note` is signed."""

    size: int
    root: str = Field(description="Root of the tree, 64 hexadecimal digits")
    note: str = Field(description="Signed note of the form of c2sp.org/tlog-checkpoint, with the witnesses' signatures")
    at: Timestamp

    @classmethod
    def of(cls, checkpoint: StoredCheckpoint) -> Self:
        """Present a checkpoint."""
        return cls(size=checkpoint.size, root=checkpoint.root.hex(), note=str(checkpoint.note), at=checkpoint.at)


class InclusionProofOut(Out):
    """That an entry is in the tree of a checkpoint: the siblings on its way to the root, its own first."""

    seq: int
    leaf_hash: str
    size: int
    hashes: list[str]
    checkpoint: str = Field(description="Signed note of the checkpoint")

    @classmethod
    def of(cls, proof: InclusionProof) -> Self:
        """Present a proof."""
        return cls(
            seq=proof.seq,
            leaf_hash=proof.leaf_hash.hex(),
            size=proof.size,
            hashes=[found.hex() for found in proof.hashes],
            checkpoint=str(proof.note),
        )


class ConsistencyProofOut(Out):
    """That the tree of `new_size` entries begins with that of `old_size` (RFC 9162 section 2.1.4)."""

    old_size: int
    new_size: int
    hashes: list[str]

    @classmethod
    def of(cls, proof: ConsistencyProof) -> Self:
        """Present a proof."""
        return cls(old_size=proof.old_size, new_size=proof.new_size, hashes=[found.hex() for found in proof.hashes])


class LogKeyOut(Out):
    """A key that has signed the log; it counts for checkpoints of the sizes from `valid_from` up to `valid_to`."""

    vkey: str = Field(description="Verifier key of the form of c2sp.org/signed-note")
    valid_from: int
    valid_to: int | None
    since: Timestamp

    @classmethod
    def of(cls, key: LogKey) -> Self:
        """Present a key."""
        return cls(vkey=str(key.verifier), valid_from=key.valid_from, valid_to=key.valid_to, since=key.since)


class LogKeysOut(Out):
    """All keys of the log, the oldest first."""

    items: list[LogKeyOut]


class AnchorOut(Out):
    """How far an anchor has got: the size of the last checkpoint it took; and what was wrong the last time."""

    name: str
    size: int
    failures: int
    last_error: str | None
    changed_at: Timestamp

    @classmethod
    def of(cls, state: AnchorState) -> Self:
        """Present the state of an anchor."""
        return cls(
            name=state.name,
            size=state.size,
            failures=state.failures,
            last_error=state.last_error,
            changed_at=state.changed_at,
        )


class AnchorsOut(Out):
    """All anchors that have been asked, by name."""

    items: list[AnchorOut]
