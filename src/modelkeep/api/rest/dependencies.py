"""What an endpoint may ask for: an actor, a service, a page, a revision. Nothing else."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from modelkeep.api.rest import cookies
from modelkeep.api.rest.errors import ProtocolError
from modelkeep.api.rest.services import Services
from modelkeep.domains.catalog import ListQuery
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.paging import DEFAULT_PAGE_SIZE, PageRequest
from modelkeep.kernel.references import ModelName, Selector, parse_selector, parse_time

_REVISION: Final = re.compile(r'(?P<quote>"?)(?P<revision>[0-9]{1,9})(?P=quote)')


class IfMatchMissingError(ProtocolError):
    """A change came without the revision it is based on (RFC 6585 section 3)."""

    code = "rest.if_match_missing"
    status = 428


class IfMatchError(InvalidValueError):
    """The revision a change is based on is none."""

    code = "rest.if_match"


def services_of(request: Request) -> Services:
    """Return the services the composition root built."""
    services: Services = request.app.state.services
    return services


def client_address(request: Request) -> str:
    """Return where a request comes from: what the proxy in front says, if there is one that is believed."""
    return request.client.host if request.client else ""


async def authenticate(request: Request) -> Actor:
    """Return the actor behind the request's bearer token, or behind the cookie of its session.

    A change by cookie must show that this registry's own pages sent it; a token never comes by cookie.
    """
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    info = RequestInfo(
        id=getattr(request.state, "request_id", ""),
        idempotency_key=request.headers.get("idempotency-key") if request.method == "POST" else None,
        fingerprint=getattr(request.state, "fingerprint", ""),
        address=client_address(request),
    )
    cookie = None if "authorization" in request.headers else cookies.session_secret(request)
    actor = await (_by_token(request, info) if cookie is None else _by_session(request, cookie, info))
    request.state.actor = actor
    return actor


async def reauthenticate(request: Request) -> Actor:
    """Return the actor as `authenticate` does, though the request is under way: its credential may have ended."""
    request.state.actor = None
    return await authenticate(request)


async def _by_token(request: Request, info: RequestInfo) -> Actor:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    secret = credential.strip() if scheme.lower() == "bearer" else None
    authentication = services_of(request).authentication
    if authentication.remembers(secret):
        return authentication.authenticate(secret, info)
    return await run_in_threadpool(authentication.authenticate, secret, info)


async def _by_session(request: Request, secret: str, info: RequestInfo) -> Actor:
    sessions = services_of(request).sessions
    if cookies.changes_something(request):
        cookies.check_same_origin(request)
        sessions.check_csrf(request.headers.get(cookies.CSRF_HEADER), secret)
    return await run_in_threadpool(sessions.authenticate, secret, info)


async def seen_revision(
    if_match: Annotated[
        str | None,
        Header(description="The revision the change is based on, from `ETag`, or `*` for whatever it is now"),
    ] = None,
) -> int | None:
    """Read the revision the client last saw; None for `*`.

    Raises:
        IfMatchMissingError: the header is missing.
        IfMatchError: it holds neither.
    """
    if if_match is None:
        raise IfMatchMissingError(
            'a change needs If-Match: send the ETag you read, such as "3", or * to change it anyway'
        )
    if if_match.strip() == "*":
        return None
    found = _REVISION.fullmatch(if_match.strip())
    if found is None:
        raise IfMatchError(f'If-Match is {if_match[:80]!r}; send the ETag you read, such as "3", or *')
    return int(found["revision"])


async def page_request(
    page_size: Annotated[int, Query(description="Items per page, 1 to 1000")] = DEFAULT_PAGE_SIZE,
    page_token: Annotated[str | None, Query(description="`next_page_token` of the page before")] = None,
) -> PageRequest:
    """Read which page is wanted."""
    return PageRequest(page_size, page_token or None)


async def time_of_question(
    as_of: Annotated[
        str | None,
        Query(description="Answer what was so then: a date, or a time with its zone", examples=["2026-11-16"]),
    ] = None,
) -> datetime | None:
    """Read the time that is asked about; None for now.

    Raises:
        InvalidReferenceError: it is none.
    """
    return None if as_of is None else parse_time(as_of)


async def list_query(
    as_of: Annotated[datetime | None, Depends(time_of_question)],
    filter: Annotated[str, Query(description="Such as `name ~ 'fraud*' and tag.team = 'risk'`")] = "",  # noqa: A002 - the parameter's public name
    order: Annotated[str, Query(description="One field, such as `created desc`")] = "",
    deleted: Annotated[bool, Query(description="List what is deleted instead")] = False,  # noqa: FBT002 - a query parameter
) -> ListQuery:
    """Read what is asked of a list."""
    return ListQuery(filter, order, deleted, as_of)


async def model_name(
    namespace: Annotated[str, Path(description="The namespace")], model: Annotated[str, Path(description="The model")]
) -> ModelName:
    """Read the model's name from the path."""
    return ModelName(namespace, model)


async def version_selector(
    selector: Annotated[str, Path(description="A number (`12`) or an exact version (`1.4.0`)")],
) -> Selector:
    """Read which version is meant from the path."""
    return parse_selector(selector)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who makes it, the use cases it may call, and the answer's headers."""

    actor: Actor
    services: Services
    response: Response

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names people know principals by."""
        return self.services.access.names(ids)

    def show_revision(self, revision: int) -> None:
        """Name the revision that is answered, for a later If-Match."""
        self.response.headers["ETag"] = f'"{revision}"'


async def current_call(
    actor: Annotated[Actor, Depends(authenticate)],
    request: Request,
    response: Response,
) -> Call:
    """Return the request as an endpoint sees it."""
    return Call(actor, services_of(request), response)


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A request of somebody who has no credential yet."""

    request: RequestInfo
    services: Services
    response: Response

    def keep_nowhere(self) -> None:
        """Keep the answer out of every cache: it holds a secret (RFC 6749, section 5.1)."""
        self.response.headers["Cache-Control"] = "no-store"


def request_info(request: Request) -> RequestInfo:
    """Return how the audit log names a request that nobody repeats under a key."""
    return RequestInfo(id=getattr(request.state, "request_id", ""), address=client_address(request))


async def open_call(request: Request, response: Response) -> OpenCall:
    """Return the request as an endpoint sees it that lets people in."""
    return OpenCall(request_info(request), services_of(request), response)


CurrentCall = Annotated[Call, Depends(current_call)]
CurrentOpenCall = Annotated[OpenCall, Depends(open_call)]
SeenRevision = Annotated[int | None, Depends(seen_revision)]
RequestedPage = Annotated[PageRequest, Depends(page_request)]
RequestedList = Annotated[ListQuery, Depends(list_query)]
RequestedTime = Annotated[datetime | None, Depends(time_of_question)]
NamedModel = Annotated[ModelName, Depends(model_name)]
SelectedVersion = Annotated[Selector, Depends(version_selector)]
