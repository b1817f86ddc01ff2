"""The audit log: who did what, when, by which request."""

from collections.abc import Iterator
from typing import TypedDict, Unpack, cast

from modelkeep.client.audit_entries import AuditEntry
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, Parameter, route
from modelkeep.client.listing import Listing


class EntryFilter(TypedDict, total=False):
    """Which entries are wanted; all of it must hold.

    `subject` is what they are about, exactly; `within` a namespace or a model with all that belongs to it; `type` such
    as `MODEL_CREATED`; `actor` the id of who made them; `request` the id of the request. Times are `2026-11-16` or
    `2026-11-16T09:00Z`; `until` itself is not included.
    """

    actor: str | None
    subject: str | None
    within: str | None
    type: str | None
    since: str | None
    until: str | None
    request: str | None


class AuditMethods(Connected):
    """What a registry object can do with the audit log."""

    def list_audit(self, *, oldest_first: bool = False, **wanted: Unpack[EntryFilter]) -> Listing[AuditEntry]:
        """Yield entries of the audit log, the newest first; pages are fetched as they are needed.

        Raises:
            InvalidRequestError: there is no such type, or a time is none.
        """
        order = "oldest" if oldest_first else "newest"
        return self._pages("/audit/entries", AuditEntry.read, order=order, **wanted)

    def list_access_log(self, *, oldest_first: bool = False, **wanted: Unpack[EntryFilter]) -> Listing[AuditEntry]:
        """Yield entries of the access log, which says who read what content; see `list_audit`."""
        order = "oldest" if oldest_first else "newest"
        return self._pages("/audit/access-log", AuditEntry.read, order=order, **wanted)

    def export_audit(
        self,
        *,
        format: str = "jsonl",  # noqa: A002 - the API's own name
        personal: bool = True,
        **wanted: Unpack[EntryFilter],
    ) -> Iterator[bytes]:
        """Yield the pieces of a file with entries of the audit log, the oldest first. The export itself is logged.

        Args:
            format: `jsonl` (what `verify` reads), `csv` or `cloudevents`.
            personal: whether texts that people typed, and their names, are in it.
            wanted: which entries.

        Raises:
            ForbiddenError: the caller may not export.
            InvalidRequestError: there is no such type or format, or a time is none.
            ServerUnreachableError: the connection was lost; what came before is not all.
        """
        params: dict[str, Parameter] = {"format": format, "personal": personal, **cast("dict[str, str | None]", wanted)}
        yield from self._session.stream(Call("GET", "/audit/export", params))

    def get_audit_entry(self, seq: int) -> AuditEntry:
        """Return one entry by its place in the log, such as the one that a receipt names.

        Raises:
            NotFoundError: there is none that the caller may see.
        """
        return AuditEntry.read(self._session.get(route("audit", "entries", seq)))
