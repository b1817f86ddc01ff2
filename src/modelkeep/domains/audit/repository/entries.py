"""Finds entries of the log: by who, what, when and by which request."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.audit.domain.entries import Entry, PrunedEntry
from modelkeep.domains.audit.domain.leaf import SaltedText
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.tables import ENTRY, TEXT
from modelkeep.kernel.paging import Page, PageRequest, decode_token, encode_token
from modelkeep.platform.database import AnyRow, AnySelect

_ALL: Final = select(ENTRY.c.seq, ENTRY.c.payload, ENTRY.c.leaf_hash)
_ENTRIES: Final = _ALL.where(ENTRY.c.payload.is_not(None))
_BEYOND: Final = 2**62
_READABLE: Final = permitted_where(namespace=ENTRY.c.namespace, model=ENTRY.c.model)


class EntryRepository:
    """Entries within one transaction."""

    def __init__(self, session: Session, readable_by: Values | None = None) -> None:
        """Work with the transaction's session, and find only what is readable; None is for who may read all."""
        self._session = session
        self._values = readable_by or {}
        self._entries = _ENTRIES if readable_by is None else _ENTRIES.where(_READABLE)

    def find(self, seq: int) -> Entry | None:
        """Return the entry at a place of the log, or None if there is none, or none any more."""
        return next(self._read(self._entries.where(ENTRY.c.seq == seq)), None)

    def list(self, query: EntryQuery, request: PageRequest, *, oldest_first: bool) -> Page[Entry]:
        """Return one page of entries, the newest first unless the oldest are wanted first."""
        scope = f"audit entries {query} {oldest_first}"
        rows = self._entries.where(*conditions(self._session, query))
        if request.token is not None:
            (seen,) = decode_token(request.token, scope, (int,))
            rows = rows.where(ENTRY.c.seq > seen if oldest_first else ENTRY.c.seq < seen)
        order = ENTRY.c.seq.asc() if oldest_first else ENTRY.c.seq.desc()
        found = tuple(self._read(rows.order_by(order).limit(request.size + 1)))
        items = found[: request.size]
        return Page(items, encode_token((items[-1].seq,), scope) if len(found) > len(items) else None)

    def batch(self, query: EntryQuery, *, after: int, before: int, limit: int) -> tuple[Entry | PrunedEntry, ...]:
        """Return the first entries between two places of the log, in order; who asks for all gets pruned ones, too."""
        rows = _ALL if query == EntryQuery() else _ENTRIES
        rows = rows.where(*conditions(self._session, query), ENTRY.c.seq > after, ENTRY.c.seq < before)
        return tuple(self._read_all(rows.order_by(ENTRY.c.seq).limit(limit)))

    def _read(self, rows: AnySelect) -> Iterator[Entry]:
        return (entry for entry in self._read_all(rows) if isinstance(entry, Entry))

    def _read_all(self, rows: AnySelect) -> Iterator[Entry | PrunedEntry]:
        found = self._session.execute(rows, self._values).all()
        texts = self._texts(found)
        for row in found:
            if row.payload is None:
                yield PrunedEntry(row.seq, row.leaf_hash)
            else:
                yield replace(Entry.read(row.payload, row.leaf_hash), texts=texts[row.seq])

    def _texts(self, entries: Iterable[AnyRow]) -> dict[int, tuple[SaltedText, ...]]:
        wanted = select(*TEXT.c).where(TEXT.c.seq.in_([entry.seq for entry in entries])).order_by(TEXT.c.field)
        texts: defaultdict[int, tuple[SaltedText, ...]] = defaultdict(tuple)
        for row in self._session.execute(wanted):
            texts[row.seq] += (SaltedText(row.field, row.salt, row.value),)
        return texts


def conditions(session: Session, query: EntryQuery) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a query puts on entries."""
    exact = (
        (ENTRY.c.actor_id, query.actor),
        (ENTRY.c.subject, query.subject),
        (ENTRY.c.action, query.action),
        (ENTRY.c.request_id, query.request),
    )
    yield from (column == value for column, value in exact if value is not None)
    if query.within is not None:
        yield (ENTRY.c.model if "/" in query.within else ENTRY.c.namespace) == query.within
    if query.since is not None:
        yield ENTRY.c.seq >= _first_from(session, query.since)
    if query.until is not None:
        yield ENTRY.c.seq < _first_from(session, query.until)


def _first_from(session: Session, moment: datetime) -> int:
    """Return the number of the first entry made at a time or later: entries are in the order of both."""
    first = select(ENTRY.c.seq).where(ENTRY.c.at >= moment).order_by(ENTRY.c.at, ENTRY.c.seq).limit(1)
    seq: int | None = session.scalar(first)
    return _BEYOND if seq is None else seq
