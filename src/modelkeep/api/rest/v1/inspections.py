"""Inspections of versions over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from modelkeep.api.rest.dependencies import CurrentCall, NamedModel, RequestedPage, RequestedTime, SelectedVersion
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.diffs import VersionDiffOut
from modelkeep.api.rest.v1.schemas.inspections import InspectionOut, TensorOut
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.references import Reference

router = APIRouter(
    prefix="/models/{namespace}/{model}/versions/{selector}", tags=["inspection"], route_class=RegistryRoute
)
diff_router = APIRouter(tags=["inspection"], route_class=RegistryRoute)


@diff_router.get("/diff")
def diff_versions(
    call: CurrentCall,
    before: Annotated[str, Query(examples=["fraud/scorer:1.3.0"])],
    after: Annotated[str, Query(examples=["fraud/scorer:1.4.0"])],
) -> VersionDiffOut:
    """Return what is different from one version to another: inputs, outputs, metrics, parameters, files, tensors, card.

    Tensors are compared by their bytes, which are read once for each content.
    """
    call.services.limits.search(call.actor)
    return VersionDiffOut.of(call.services.diffs.diff(call.actor, Reference.parse(before), Reference.parse(after)))


@router.get("/inspection")
def get_inspection(
    name: NamedModel, selector: SelectedVersion, call: CurrentCall, as_of: RequestedTime
) -> InspectionOut:
    """Return what was found out about the content of a version, without running any of it."""
    reference = Reference(None, name.namespace, name.name, selector, as_of)
    return InspectionOut.of(Recorded(call.services.inspections.get(call.actor, reference), None))


@router.post("/inspection")
def inspect_again(name: NamedModel, selector: SelectedVersion, call: CurrentCall) -> InspectionOut:
    """Inspect the content of a version again, now, and return what was found."""
    reference = Reference(None, name.namespace, name.name, selector, None)
    return InspectionOut.of(call.services.inspections.rescan(call.actor, reference))


@router.get("/inspection/tensors", response_model=ListOut[TensorOut])
def list_tensors(
    name: NamedModel, selector: SelectedVersion, call: CurrentCall, as_of: RequestedTime, page: RequestedPage
) -> dict[str, Any]:
    """List the tensors of a version's model, in the order of its files."""
    reference = Reference(None, name.namespace, name.name, selector, as_of)
    found = call.services.inspections.tensors(call.actor, reference, page)
    return page_out(found, lambda item: TensorOut.of(*item))
