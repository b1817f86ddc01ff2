"""How this server speaks to OpenID providers: JSON documents of moderate size, through the guarded way out."""

from base64 import b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote_plus, urlencode

from modelkeep.kernel.canonical_json import Json, parse_json
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.openid.errors import IssuerUnavailableError
from modelkeep.platform.outbound_http import Answer, OutboundFailedError, OutboundHttp, OutboundRefusedError

MAX_ANSWER: Final = 1024 * 1024
_ACCEPT: Final = {"Accept": "application/json"}


def get_json(http: OutboundHttp, url: str) -> Mapping[str, Json]:
    """Read a document; every other status than 200 counts as failure.

    Raises:
        IssuerUnavailableError: there is no such document, or its address may not be spoken to.
    """
    answer = _request(http, "GET", url, {}, b"")
    if answer.status != HTTPStatus.OK:
        raise IssuerUnavailableError(f"{url} answered {answer.status}; check the issuer's address", url=url)
    return _parse(url, answer)


def post_form(
    http: OutboundHttp, url: str, form: Mapping[str, str], auth: tuple[str, str] | None
) -> tuple[int, Mapping[str, Json]]:
    """Send a form, with the client's id and secret if it has one (RFC 6749, section 2.3.1).

    Raises:
        IssuerUnavailableError: the answer is no JSON object, or there is none.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if auth is not None:
        headers["Authorization"] = f"Basic {b64encode(':'.join(map(quote_plus, auth)).encode()).decode()}"
    answer = _request(http, "POST", url, headers, urlencode(form).encode())
    return answer.status, _parse(url, answer)


def _request(http: OutboundHttp, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
    try:
        return http.request(method, url, headers={**_ACCEPT, **headers}, content=content, max_bytes=MAX_ANSWER)
    except (OutboundFailedError, OutboundRefusedError) as error:
        raise IssuerUnavailableError(f"{url} cannot be used: {error.message}", url=url) from error


def _parse(url: str, answer: Answer) -> Mapping[str, Json]:
    try:
        document = None if answer.cut else parse_json(answer.body, max_bytes=MAX_ANSWER)
    except InvalidValueError:
        document = None
    if not isinstance(document, Mapping):
        raise IssuerUnavailableError(f"{url} answered with something else than a JSON object", url=url)
    return document
