"""Aliases over REST. Each has a revision of its own, which counts its moves."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import (
    Call,
    CurrentCall,
    NamedModel,
    RequestedPage,
    RequestedTime,
    SeenRevision,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.aliases import AliasIn, AliasOut
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.domains.catalog import AliasInterval
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.paging import Page
from modelkeep.kernel.references import parse_selector

router = APIRouter(prefix="/models/{namespace}/{model}/aliases", tags=["aliases"], route_class=RegistryRoute)


@router.get("", response_model=ListOut[AliasOut])
def list_aliases(name: NamedModel, call: CurrentCall, page: RequestedPage, as_of: RequestedTime) -> dict[str, Any]:
    """List the aliases a model has, or had, by name; `audit` is the entry that made it so."""
    return _page(call.services.aliases.list(call.actor, name, page, as_of=as_of), call)


@router.get("/{alias}")
def get_alias(name: NamedModel, alias: str, call: CurrentCall, as_of: RequestedTime) -> AliasOut:
    """Return what an alias points to, or pointed to; `audit` is the entry that made it so."""
    found = call.services.aliases.get(call.actor, name, alias, as_of=as_of)
    return _one(Recorded(found, found.entry), call)


@router.put("/{alias}")
def set_alias(name: NamedModel, alias: str, body: AliasIn, call: CurrentCall, seen: SeenRevision) -> AliasOut:
    """Point an alias to a version. If-Match takes its revision, `"0"` for one that is new, or `*`."""
    return _one(call.services.aliases.set(call.actor, name, alias, parse_selector(body.version), seen=seen), call)


@router.delete("/{alias}")
def remove_alias(name: NamedModel, alias: str, call: CurrentCall, seen: SeenRevision) -> AliasOut:
    """Remove an alias; its history stays."""
    return _one(call.services.aliases.remove(call.actor, name, alias, seen=seen), call)


@router.get("/{alias}/history", response_model=ListOut[AliasOut])
def list_alias_history(
    name: NamedModel, alias: str, call: CurrentCall, page: RequestedPage, as_of: RequestedTime
) -> dict[str, Any]:
    """List what an alias pointed to, newest first; with `as_of`, as far as it was known then."""
    return _page(call.services.aliases.history(call.actor, name, alias, page, as_of=as_of), call)


def _one(recorded: Recorded[AliasInterval], call: Call) -> AliasOut:
    interval = recorded.value
    call.show_revision(interval.revision)
    return AliasOut.of(interval, call.names([interval.set_by]), recorded.receipt)


def _page(page: Page[AliasInterval], call: Call) -> dict[str, Any]:
    names = call.names(who for item in page.items for who in (item.set_by, item.ended_by) if who)
    return page_out(page, lambda item: AliasOut.of(item, names, item.entry))
