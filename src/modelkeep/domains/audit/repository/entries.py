"""Finds entries of the log: by who, what, when and by which request."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.orm import Session

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.audit.domain.entries import Entry, PrunedEntry
from modelkeep.domains.audit.domain.leaf import SaltedText
from modelkeep.domains.audit.domain.queries import EntryQuery
from modelkeep.domains.audit.tables import ACCESS_ENTRY, ENTRY, TEXT
from modelkeep.kernel.paging import Page, PageRequest, decode_token, encode_token
from modelkeep.platform.database import AnyRow, AnySelect

_BEYOND: Final = 2**62


class _Log:
    """A log's table, and what is asked of it, built once."""

    def __init__(self, table: Table, *, has_texts: bool) -> None:
        self.table, self.has_texts = table, has_texts
        self.all = select(table.c.seq, table.c.payload, table.c.leaf_hash)
        self.entries = self.all.where(table.c.payload.is_not(None))
        self.readable = self.entries.where(permitted_where(namespace=table.c.namespace, model=table.c.model))


audit_entries: Final = _Log(ENTRY, has_texts=True)
access_entries: Final = _Log(ACCESS_ENTRY, has_texts=False)


class EntryRepository:
    """Entries within one transaction."""

    def __init__(self, session: Session, readable_by: Values | None = None, log: _Log = audit_entries) -> None:
        """Work with the transaction's session, and find only what is readable; None is for who may read all."""
        self._session, self._log, self._seq = session, log, log.table.c.seq
        self._values = readable_by or {}
        self._entries = log.entries if readable_by is None else log.readable

    def find(self, seq: int) -> Entry | None:
        """Return the entry at a place of the log, or None if there is none, or none any more."""
        return next(self._read(self._entries.where(self._seq == seq)), None)

    def list(self, query: EntryQuery, request: PageRequest, *, oldest_first: bool) -> Page[Entry]:
        """Return one page of entries, the newest first unless the oldest are wanted first."""
        scope = f"audit entries {query} {oldest_first}"
        rows = self._entries.where(*conditions(self._session, query, self._log.table))
        if request.token is not None:
            (seen,) = decode_token(request.token, scope, (int,))
            rows = rows.where(self._seq > seen if oldest_first else self._seq < seen)
        order = self._seq.asc() if oldest_first else self._seq.desc()
        found = tuple(self._read(rows.order_by(order).limit(request.size + 1)))
        items = found[: request.size]
        return Page(items, encode_token((items[-1].seq,), scope) if len(found) > len(items) else None)

    def batch(self, query: EntryQuery, *, after: int, before: int, limit: int) -> tuple[Entry | PrunedEntry, ...]:
        """Return the first entries between two places of the log, in order; who asks for all gets pruned ones, too."""
        rows = self._log.all if query == EntryQuery() else self._log.entries
        rows = rows.where(*conditions(self._session, query, self._log.table), self._seq > after, self._seq < before)
        return tuple(self._read_all(rows.order_by(self._seq).limit(limit)))

    def _read(self, rows: AnySelect) -> Iterator[Entry]:
        return (entry for entry in self._read_all(rows) if isinstance(entry, Entry))

    def _read_all(self, rows: AnySelect) -> Iterator[Entry | PrunedEntry]:
        found = self._session.execute(rows, self._values).all()
        texts = self._texts(found) if self._log.has_texts else {}
        for row in found:
            if row.payload is None:
                yield PrunedEntry(row.seq, row.leaf_hash)
            else:
                yield replace(Entry.read(row.payload, row.leaf_hash), texts=texts.get(row.seq, ()))

    def _texts(self, entries: Iterable[AnyRow]) -> dict[int, tuple[SaltedText, ...]]:
        wanted = select(*TEXT.c).where(TEXT.c.seq.in_([entry.seq for entry in entries])).order_by(TEXT.c.field)
        texts: defaultdict[int, tuple[SaltedText, ...]] = defaultdict(tuple)
        for row in self._session.execute(wanted):
            texts[row.seq] += (SaltedText(row.field, row.salt, row.value),)
        return texts


def conditions(session: Session, query: EntryQuery, table: Table = ENTRY) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a query puts on entries."""
    exact = (
        (table.c.actor_id, query.actor),
        (table.c.subject, query.subject),
        (table.c.action, query.action),
        (table.c.request_id, query.request),
    )
    yield from (column == value for column, value in exact if value is not None)
    if query.within is not None:
        yield (table.c.model if "/" in query.within else table.c.namespace) == query.within
    if query.since is not None:
        yield table.c.seq >= _first_from(session, query.since, table)
    if query.until is not None:
        yield table.c.seq < _first_from(session, query.until, table)


def _first_from(session: Session, moment: datetime, table: Table) -> int:
    """Return the number of the first entry made at a time or later: entries are in the order of both."""
    first = select(table.c.seq).where(table.c.at >= moment).order_by(table.c.at, table.c.seq).limit(1)
    seq: int | None = session.scalar(first)
    return _BEYOND if seq is None else seq
