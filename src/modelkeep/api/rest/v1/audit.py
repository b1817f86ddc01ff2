"""The audit log over REST."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from modelkeep.api.rest.dependencies import CurrentCall, RequestedPage
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.audit import EntryOut
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.domains.audit import EntryQuery, ExportFormat
from modelkeep.kernel.references import parse_time

router = APIRouter(prefix="/audit", tags=["audit"], route_class=RegistryRoute)

_LAST = 2**62
_SUFFIXES = {ExportFormat.JSONL: "jsonl", ExportFormat.CSV: "csv", ExportFormat.CLOUDEVENTS: "json"}


class EntryOrder(StrEnum):
    """Which entries come first."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class AskedEntries:
    """The filters of a list of entries, as they stand in a query."""

    actor: Annotated[str | None, Query(description="The id of who made them")] = None
    subject: Annotated[str | None, Query(description="What they are about, such as `fraud/scorer:1.4.0`")] = None
    within: Annotated[str | None, Query(description="A namespace or a model, with all that belongs to it")] = None
    type: Annotated[str | None, Query(description="Such as `MODEL_CREATED`")] = None
    since: Annotated[str | None, Query(description="The first moment: a date, or a time with its zone")] = None
    until: Annotated[str | None, Query(description="The moment that is too late, in the same form")] = None
    request: Annotated[str | None, Query(description="The id of the request that made them")] = None

    @property
    def query(self) -> EntryQuery:
        """What is asked of the log.

        Raises:
            InvalidReferenceError: a time is none.
        """
        return EntryQuery(
            actor=self.actor,
            subject=self.subject,
            within=self.within,
            type=self.type,
            since=None if self.since is None else parse_time(self.since),
            until=None if self.until is None else parse_time(self.until),
            request=self.request,
        )


@router.get("/entries", response_model=ListOut[EntryOut])
def list_audit_entries(
    call: CurrentCall,
    page: RequestedPage,
    asked: Annotated[AskedEntries, Depends()],
    order: Annotated[EntryOrder, Query(description="Which come first")] = EntryOrder.NEWEST,
) -> dict[str, Any]:
    """List entries of the audit log that the caller may see."""
    found = call.services.audit.list(call.actor, asked.query, page, oldest_first=order is EntryOrder.OLDEST)
    names = call.names(entry.actor.id for entry in found.items)
    return page_out(found, lambda entry: EntryOut.of(entry, names))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {form.media_type: {} for form in ExportFormat}}},
)
def export_audit_log(
    call: CurrentCall,
    asked: Annotated[AskedEntries, Depends()],
    form: Annotated[ExportFormat, Query(alias="format", description="How it is written")] = ExportFormat.JSONL,
    personal: Annotated[bool, Query(description="With texts that people typed and their names")] = True,  # noqa: FBT002 - a query parameter
) -> StreamingResponse:
    """Hand out entries as a file, the oldest first. The export is itself an entry of the log."""
    call.services.limits.export(call.actor)
    pieces = call.services.audit_exports.export(call.actor, asked.query, form, personal=personal)
    headers = {"Content-Disposition": f'attachment; filename="audit.{_SUFFIXES[form]}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, headers=headers, media_type=form.media_type)


@router.get("/access-log", response_model=ListOut[EntryOut])
def list_access_log(
    call: CurrentCall,
    page: RequestedPage,
    asked: Annotated[AskedEntries, Depends()],
    order: Annotated[EntryOrder, Query(description="Which come first")] = EntryOrder.NEWEST,
) -> dict[str, Any]:
    """List who read what content, as far as the caller may see it."""
    found = call.services.access_log.list(call.actor, asked.query, page, oldest_first=order is EntryOrder.OLDEST)
    names = call.names(entry.actor.id for entry in found.items)
    return page_out(found, lambda entry: EntryOut.of(entry, names))


@router.get("/entries/{seq}")
def get_audit_entry(
    seq: Annotated[int, Path(description="The place in the log, from 0", ge=0, le=_LAST)], call: CurrentCall
) -> EntryOut:
    """Return one entry of the audit log."""
    entry = call.services.audit.get(call.actor, seq)
    return EntryOut.of(entry, call.names([entry.actor.id]))
