"""Login providers over REST."""

from typing import Any

from fastapi import APIRouter

from modelkeep.api.rest.dependencies import Call, CurrentCall, RequestedPage, SeenRevision
from modelkeep.api.rest.requests import RegistryRoute
from modelkeep.api.rest.v1.schemas.common import ListOut, page_out
from modelkeep.api.rest.v1.schemas.logins import LoginProviderDetailsIn, LoginProviderIn, LoginProviderOut
from modelkeep.domains.access import ShownProvider
from modelkeep.kernel.events import Recorded

router = APIRouter(prefix="/login-providers", tags=["logins"], route_class=RegistryRoute)


@router.post("", status_code=201)
def create_login_provider(body: LoginProviderIn, call: CurrentCall) -> LoginProviderOut:
    """Let people log in with an OpenID provider."""
    return _one(call.services.logins.providers.create(call.actor, body.name, body.details()), call)


@router.get("", response_model=ListOut[LoginProviderOut])
def list_login_providers(call: CurrentCall, page: RequestedPage) -> dict[str, Any]:
    """List login providers by name."""
    found = call.services.logins.providers.list(call.actor, page)
    names = call.names(item.provider.changed_by for item in found.items)
    return page_out(found, lambda item: LoginProviderOut.of(item, names))


@router.get("/{provider}")
def get_login_provider(provider: str, call: CurrentCall) -> LoginProviderOut:
    """Return a login provider."""
    return _one(Recorded(call.services.logins.providers.get(call.actor, provider), None), call)


@router.put("/{provider}")
def update_login_provider(
    provider: str, body: LoginProviderDetailsIn, call: CurrentCall, seen: SeenRevision
) -> LoginProviderOut:
    """Replace all that is decided of a login provider."""
    changed = call.services.logins.providers.change(call.actor, provider, body.details(), seen=seen)
    return _one(changed, call)


@router.delete("/{provider}")
def delete_login_provider(provider: str, call: CurrentCall, seen: SeenRevision) -> LoginProviderOut:
    """Delete a login provider: nobody logs in with it any more."""
    return _one(call.services.logins.providers.delete(call.actor, provider, seen=seen), call)


def _one(recorded: Recorded[ShownProvider], call: Call) -> LoginProviderOut:
    provider = recorded.value.provider
    call.show_revision(provider.revision)
    return LoginProviderOut.of(recorded.value, call.names([provider.changed_by]), recorded.receipt)
