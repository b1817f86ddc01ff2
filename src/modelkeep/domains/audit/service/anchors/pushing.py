"""Hands the newest checkpoint to each anchor; what one of them cannot take holds up no other."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import NoteSignature
from modelkeep.domains.audit.ports import Anchor, ForkedLogError
from modelkeep.domains.audit.repository import AnchorRepository, AnchorState, StoredCheckpoint, TreeRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.merkle import consistency_spans, fold, span
from modelkeep.platform.database import Database

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_DOUBLINGS: Final = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _StoredTree:
    """The tree as the database has it."""

    database: Database

    def root(self, size: int) -> bytes:
        with self.database.snapshot() as tx:
            return fold(span(0, size), TreeRepository(tx.session).frontier(size))

    def consistency(self, old: int, new: int) -> Sequence[bytes]:
        spans = consistency_spans(old, new)
        with self.database.snapshot() as tx:
            known = TreeRepository(tx.session).nodes(node for parts in spans for node in parts)
        return [fold(parts, known) for parts in spans]


@dataclass(frozen=True, slots=True)
class AnchorService:
    """Keeps anchors up to date, each with a state and pauses of its own."""

    database: Database
    anchors: Sequence[Anchor]
    clock: Clock

    def wanted(self, anchor: Anchor) -> bool:
        """Say whether an anchor lacks the newest checkpoint, and may be asked."""
        with self.database.snapshot() as tx:
            _, published = TreeRepository(tx.session).progress()
            state = AnchorRepository(tx.session).find(anchor.name)
        if state is None:
            return published > 0
        return state.size < published and (state.failures == 0 or state.next_at <= self.clock())

    def push(self, anchor: Anchor) -> AnchorState | None:
        """Hand the newest checkpoint to an anchor, and return its state; None when nothing is published yet."""
        with self.database.snapshot() as tx:
            newest = TreeRepository(tx.session).newest()
            state = AnchorRepository(tx.session).find(anchor.name)
        if newest is None:
            return None
        if state is None:
            state = AnchorState(anchor.name, 0, 0, self.clock(), None, self.clock())
        if state.size >= newest.size:
            return state
        checkpoint = Checkpoint.parse(newest.note.text)
        try:
            signatures = anchor.push(checkpoint, newest.note, _StoredTree(self.database))
        except RegistryError as error:
            return self._failed(state, error)
        return self._done(state, newest, signatures)

    def _done(self, state: AnchorState, newest: StoredCheckpoint, signatures: Sequence[NoteSignature]) -> AnchorState:
        now = self.clock()
        done = replace(state, size=newest.size, failures=0, next_at=now, last_error=None, changed_at=now)
        with self.database.transaction() as tx:
            tree = TreeRepository(tx.session)
            if signatures:
                current = tree.locked(newest.size)
                if current is not None:
                    tree.set_note(newest.size, current.note.signed(*signatures))
            AnchorRepository(tx.session).set(done)
        return done

    def _failed(self, state: AnchorState, error: RegistryError) -> AnchorState:
        level = logging.ERROR if isinstance(error, ForkedLogError) else logging.WARNING
        _log.log(level, "anchor %s: %s", state.name, error.message)
        pause = min(_FIRST_PAUSE * 2 ** min(state.failures, _DOUBLINGS), _LONGEST_PAUSE)
        now = self.clock()
        failed = replace(
            state, failures=state.failures + 1, next_at=now + pause, last_error=error.message, changed_at=now
        )
        with self.database.transaction() as tx:
            AnchorRepository(tx.session).set(failed)
        return failed
