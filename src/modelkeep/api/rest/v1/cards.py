"""Model cards over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from modelkeep.api.rest.dependencies import (
    Call,
    CurrentCall,
    NamedModel,
    RequestedPage,
    RequestedTime,
    SeenRevision,
    SelectedVersion,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.cards import (
    CardImportIn,
    CardIn,
    CardOut,
    CardPatchIn,
    CardRevisionOut,
    ComparisonOut,
    DraftOut,
    ExportedCardOut,
    FrameworkOut,
    FrameworksOut,
    ImportedCardOut,
    ScoresOut,
)
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.domains.cards import PAGE_POLICY, CardFormat, ShownCard, card_schema
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.references import Reference

schema_router = APIRouter(prefix="/cards", tags=["cards"], route_class=RegistryRoute)
router = APIRouter(
    prefix="/models/{namespace}/{model}/versions/{selector}/card", tags=["cards"], route_class=RegistryRoute
)


async def named_version(name: NamedModel, selector: SelectedVersion, as_of: RequestedTime) -> Reference:
    """Read which version a card is of, now or at a time."""
    return Reference(None, name.namespace, name.name, selector, as_of)


async def version_now(name: NamedModel, selector: SelectedVersion) -> Reference:
    """Read which version's card is to change."""
    return Reference(None, name.namespace, name.name, selector, None)


NamedVersion = Annotated[Reference, Depends(named_version)]
VersionNow = Annotated[Reference, Depends(version_now)]


@schema_router.get("/schema")
def get_card_schema(call: CurrentCall) -> dict[str, Any]:  # noqa: ARG001 - who asks must be somebody
    """Return the JSON Schema (draft 2020-12) of a model card."""
    return dict(card_schema())


@schema_router.get("/frameworks")
def list_card_frameworks(call: CurrentCall) -> FrameworksOut:
    """Return the frameworks that cards are rated by."""
    found = call.services.cards.cards.frameworks.values()
    return FrameworksOut(frameworks=[FrameworkOut.of(framework) for framework in found])


@router.get("")
def get_card(version: NamedVersion, call: CurrentCall) -> CardOut:
    """Return the card of a version, now or as it was; `audit` is the entry that made it so."""
    shown = call.services.cards.cards.get(call.actor, version)
    return _present(Recorded(shown, shown.card.entry), call)


@router.put("")
def edit_card(version: VersionNow, body: CardIn, call: CurrentCall, seen: SeenRevision) -> CardOut:
    """Make a document the card of a version; of one without a card, the revision in If-Match is 0."""
    return _present(call.services.cards.cards.edit(call.actor, version, body.document, seen=seen), call)


@router.patch("")
def patch_card(version: VersionNow, body: CardPatchIn, call: CurrentCall, seen: SeenRevision) -> CardOut:
    """Change a part of a card by a merge patch (RFC 7396)."""
    return _present(call.services.cards.cards.patch(call.actor, version, body.patch, seen=seen), call)


@router.get("/history", response_model=ListOut[CardRevisionOut])
def list_card_history(version: NamedVersion, call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List the revisions of a card, newest first; with `as_of`, those there were."""
    found = call.services.cards.cards.history(call.actor, version, page)
    names = call.names(item.set_by for item in found.items)
    return page_out(found, lambda item: CardRevisionOut.of(item, names))


@router.get("/diff")
def compare_cards(
    version: NamedVersion,
    call: CurrentCall,
    before: Annotated[int | None, Query(ge=0, description="A revision; default the one before `after`")] = None,
    after: Annotated[int | None, Query(ge=1, description="A revision; default the one there is")] = None,
    against: Annotated[str | None, Query(description="Compare with the card of this version instead")] = None,
) -> ComparisonOut:
    """Return what changed between two revisions of a card, or from the card of another version to this one."""
    old = before if against is None else Reference.parse(against).at(version.as_of)
    return ComparisonOut.of(call.services.cards.cards.compare(call.actor, version, before=old, after=after))


@router.get("/score")
def score_card(
    version: NamedVersion,
    call: CurrentCall,
    framework: Annotated[str | None, Query(description="Of this framework only", examples=["nist-ai-rmf"])] = None,
) -> ScoresOut:
    """Return how complete a card is by each framework, and by clause what is missing."""
    return ScoresOut.of(call.services.cards.cards.score(call.actor, version, framework))


@router.get("/draft")
def draft_card(version: VersionNow, call: CurrentCall) -> DraftOut:
    """Return a card of what the registry knows; what people wrote stays, and nothing is saved."""
    draft = call.services.cards.cards.draft(call.actor, version)
    call.show_revision(draft.revision)
    return DraftOut.of(draft)


@router.get("/export")
def export_card(
    version: NamedVersion,
    call: CurrentCall,
    format: Annotated[CardFormat, Query()] = CardFormat.JSON,  # noqa: A002 - the parameter's public name
) -> ExportedCardOut:
    """Return the card in another format, as text, and what of it is lost there."""
    return ExportedCardOut.of(call.services.cards.exchange.export(call.actor, version, format))


@router.put("/import")
def import_card(version: VersionNow, body: CardImportIn, call: CurrentCall, seen: SeenRevision) -> ImportedCardOut:
    """Make what a document in another format says the card of a version."""
    exchange = call.services.cards.exchange
    recorded, notes = exchange.read(call.actor, version, body.format, body.content, seen=seen)
    return ImportedCardOut(**_present(recorded, call).model_dump(), notes=list(notes))


@router.get("/html", response_class=HTMLResponse)
def show_card(version: NamedVersion, call: CurrentCall) -> HTMLResponse:
    """Return the card as a page that runs nothing and loads nothing from elsewhere."""
    page = call.services.cards.exchange.page(call.actor, version, "attachments/")
    return HTMLResponse(page, headers={"Content-Security-Policy": PAGE_POLICY})


def _present(recorded: Recorded[ShownCard], call: Call) -> CardOut:
    card = recorded.value.card
    call.show_revision(card.revision)
    return CardOut.of(recorded.value, call.names([card.set_by]), recorded.receipt)
