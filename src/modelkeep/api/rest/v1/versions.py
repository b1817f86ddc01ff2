"""Versions over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from modelkeep.api.rest.dependencies import (
    Call,
    CurrentCall,
    NamedModel,
    RequestedList,
    RequestedPage,
    RequestedTime,
    SeenRevision,
    SelectedVersion,
)
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out, status_of
from modelkeep.api.rest.v1.schemas.models import DescriptionIn
from modelkeep.api.rest.v1.schemas.versions import DeprecationIn, MetricsIn, ReasonIn, VersionIn, VersionOut
from modelkeep.domains.catalog import ModelVersion
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.paging import Page
from modelkeep.kernel.references import Reference

search_router = APIRouter(tags=["versions"], route_class=RegistryRoute)
router = APIRouter(prefix="/models/{namespace}/{model}/versions", tags=["versions"], route_class=RegistryRoute)


@search_router.get("/versions", response_model=ListOut[VersionOut])
def search_versions(call: CurrentCall, query: RequestedList, page: RequestedPage) -> dict[str, Any]:
    """Search the versions of all models. Orders: `created`, `changed`, `version`, `number`, `size`, `metric.NAME`."""
    call.services.limits.search(call.actor)
    return _page(call.services.versions.list(call.actor, query, page), call)


@search_router.get("/resolve")
def resolve(
    reference: Annotated[str, Query(examples=["fraud/scorer@champion"])],
    call: CurrentCall,
    as_of: RequestedTime,
) -> VersionOut:
    """Return the version a reference means, now or at its `as of`, which may also be given as `as_of`."""
    asked = Reference.parse(reference).at(as_of)
    return present_version(Recorded(call.services.versions.resolve(call.actor, asked), None), call)


@router.post("", status_code=201, responses={200: {"model": VersionOut, "description": "It was registered before"}})
def register_version(name: NamedModel, body: VersionIn, call: CurrentCall) -> VersionOut:
    """Register a version of content that is stored. The same content and version again is answered with 200."""
    recorded = call.services.registration.register(call.actor, name, body.value())
    version = recorded.value.version
    call.show_revision(version.revision)
    call.response.status_code = status_of(recorded)
    return VersionOut.of_registered(recorded, call.names([version.created_by, version.changed_by]))


@router.get("", response_model=ListOut[VersionOut])
def list_versions(name: NamedModel, call: CurrentCall, query: RequestedList, page: RequestedPage) -> dict[str, Any]:
    """List the versions of a model, newest first unless ordered otherwise."""
    return _page(call.services.versions.list(call.actor, query, page, model=name), call)


@router.get("/{selector}")
def get_version(
    name: NamedModel,
    selector: SelectedVersion,
    call: CurrentCall,
    as_of: RequestedTime,
) -> VersionOut:
    """Return a version, now or as it was."""
    reference = Reference(None, name.namespace, name.name, selector, as_of)
    return present_version(Recorded(call.services.versions.resolve(call.actor, reference), None), call)


@router.patch("/{selector}")
def describe_version(
    name: NamedModel,
    selector: SelectedVersion,
    body: DescriptionIn,
    call: CurrentCall,
    seen: SeenRevision,
) -> VersionOut:
    """Change the description of a version; content and record are fixed."""
    changed = call.services.versions.describe(call.actor, name, selector, description=body.description, seen=seen)
    return present_version(changed, call)


@router.delete("/{selector}")
def delete_version(
    name: NamedModel,
    selector: SelectedVersion,
    call: CurrentCall,
    seen: SeenRevision,
) -> VersionOut:
    """Delete a version; its number stays taken and it can be restored. Refused while aliases point to it."""
    return present_version(call.services.versions.delete(call.actor, name, selector, seen=seen), call)


@router.post("/{selector}/restore")
def restore_version(name: NamedModel, selector: SelectedVersion, call: CurrentCall) -> VersionOut:
    """Bring a deleted version back."""
    return present_version(call.services.versions.restore(call.actor, name, selector), call)


@router.post("/{selector}/quarantine")
def quarantine_version(name: NamedModel, selector: SelectedVersion, body: ReasonIn, call: CurrentCall) -> VersionOut:
    """Withdraw a version at once: it stays visible, and its files are no longer handed out."""
    return present_version(call.services.versions.quarantine(call.actor, name, selector, reason=body.reason), call)


@router.post("/{selector}/release")
def release_version(name: NamedModel, selector: SelectedVersion, body: ReasonIn, call: CurrentCall) -> VersionOut:
    """End the quarantine of a version: its files are handed out again."""
    return present_version(call.services.versions.release(call.actor, name, selector, reason=body.reason), call)


@router.put("/{selector}/deprecation")
def deprecate_version(
    name: NamedModel, selector: SelectedVersion, body: DeprecationIn, call: CurrentCall, seen: SeenRevision
) -> VersionOut:
    """Say that a version should no longer be used, until when it can be, and what to use instead."""
    new = body.to_deprecation()
    return present_version(call.services.versions.deprecate(call.actor, name, selector, new, seen=seen), call)


@router.delete("/{selector}/deprecation")
def undeprecate_version(
    name: NamedModel, selector: SelectedVersion, call: CurrentCall, seen: SeenRevision
) -> VersionOut:
    """Take back that a version should no longer be used."""
    return present_version(call.services.versions.undeprecate(call.actor, name, selector, seen=seen), call)


@router.post("/{selector}/metrics")
def log_metrics(
    name: NamedModel,
    selector: SelectedVersion,
    body: MetricsIn,
    call: CurrentCall,
) -> VersionOut:
    """Add measurements; one of the same name, dataset, slice and step takes the place of the old."""
    metrics = tuple(metric.to_metric() for metric in body.metrics)
    return present_version(call.services.versions.log_metrics(call.actor, name, selector, metrics), call)


def present_version(recorded: Recorded[ModelVersion], call: Call) -> VersionOut:
    """Present a version with its revision and, after a change, its receipt."""
    version = recorded.value
    call.show_revision(version.revision)
    people = [version.created_by, version.changed_by, *((version.found_by.set_by,) if version.found_by else ())]
    return VersionOut.of_recorded(recorded, call.names(people))


def _page(page: Page[ModelVersion], call: Call) -> dict[str, Any]:
    names = call.names(who for item in page.items for who in (item.created_by, item.changed_by))
    return page_out(page, lambda item: VersionOut.of(item, names))
