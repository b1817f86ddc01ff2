"""How this server speaks to OpenID providers: briefly, in small answers, and without following them elsewhere."""

from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import quote_plus

import httpx

from modelkeep.kernel.canonical_json import Json, parse_json
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.openid.errors import IssuerUnavailableError

MAX_ANSWER: Final = 1024 * 1024
TIMEOUT: Final = httpx.Timeout(5.0)
"""Seconds to connect, and for each read."""


class Transport(Protocol):
    """Sends a request and returns the status and the JSON object it is answered with."""

    def get(self, url: str) -> Mapping[str, Json]:
        """Read a document.

        Raises:
            IssuerUnavailableError: there is none.
        """

    def post(self, url: str, form: Mapping[str, str], auth: tuple[str, str] | None) -> tuple[int, Mapping[str, Json]]:
        """Send a form, with a client's name and secret if it has one.

        Raises:
            IssuerUnavailableError: the answer is no JSON object.
        """


class HttpTransport:
    """HTTPS, or HTTP where the operator has allowed it."""

    def __init__(self, *, allow_http: bool = False) -> None:
        """Prepare; no connection is made."""
        self._schemes = ("https", "http") if allow_http else ("https",)
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"Accept": "application/json"})

    def get(self, url: str) -> Mapping[str, Json]:
        """Read a document; every other status than 200 counts as failure."""
        status, body = self._exchange(self._client.build_request("GET", self._checked(url)))
        if status != httpx.codes.OK:
            raise IssuerUnavailableError(f"{url} answered {status}; check the issuer's address", url=url)
        return _parse(url, body)

    def post(self, url: str, form: Mapping[str, str], auth: tuple[str, str] | None) -> tuple[int, Mapping[str, Json]]:
        """Send a form."""
        request = self._client.build_request("POST", self._checked(url), data=dict(form))
        status, body = self._exchange(request, httpx.BasicAuth(*map(quote_plus, auth)) if auth else None)
        return status, _parse(url, body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _checked(self, url: str) -> str:
        if url.partition("://")[0] not in self._schemes:
            raise IssuerUnavailableError(f"{url} is not https; a provider is spoken to over TLS only", url=url)
        return url

    def _exchange(self, request: httpx.Request, auth: httpx.Auth | None = None) -> tuple[int, bytes]:
        url = str(request.url.copy_with(query=None))
        try:
            response = self._client.send(request, auth=auth, stream=True)
            try:
                return response.status_code, _read(response)
            finally:
                response.close()
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise IssuerUnavailableError(f"{url} gave no answer ({reason}); try again, or check the address") from error


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            break
    return bytes(body)


def _parse(url: str, body: bytes) -> Mapping[str, Json]:
    try:
        document = parse_json(body, max_bytes=MAX_ANSWER)
    except InvalidValueError as error:
        raise IssuerUnavailableError(f"{url} answered with no JSON that can be used: {error.message}") from error
    if not isinstance(document, Mapping):
        raise IssuerUnavailableError(f"{url} answered with something else than a JSON object")
    return document
