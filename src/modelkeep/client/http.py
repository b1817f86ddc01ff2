"""The one HTTP session of a registry object: addresses, credentials, time-outs, retries.

The bearer token goes to the registry's own origin only. Presigned addresses of an object store are served by a second
client that has never seen it, and redirects are followed by hand, downloads only.
"""

import importlib.metadata
import ssl
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeVar
from urllib.parse import quote

from modelkeep.client.answers import Answer, read_answer, read_problem
from modelkeep.client.errors import InvalidSettingError, ServerUnreachableError, UnexpectedAnswerError
from modelkeep.client.lean_httpx import httpx
from modelkeep.client.retries import Retries
from modelkeep.kernel.canonical_json import Json, canonical_json

T = TypeVar("T")

API_ROOT: Final = "/api/v1"
TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0, pool=None)
"""Seconds to connect, and for each single read or write; a transfer as a whole may take what it takes."""

_LIMITS: Final = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=4.0)
_LOOPBACK_DIRECT: Final = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
"""A proxy of the environment does not know this machine by these names."""
_HARMLESS_TWICE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REPLACING: Final = frozenset({"PUT", "DELETE"})
_MAX_REDIRECTS: Final = 5
_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"

Parameter = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` below `/api/v1`, or an absolute address. Parameters that are None are left out.

    `body` is sent as JSON; `content`, called for each try, yields raw bytes, with Content-Length among the headers.
    """

    method: str
    path: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    content: Callable[[], Iterable[bytes]] | None = None

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no harm: it only reads, replaces whatever there is, or carries a key."""
        if self.method in _REPLACING:
            return self.headers.get("If-Match", "*") == "*"
        return self.method in _HARMLESS_TWICE or "Idempotency-Key" in self.headers


def route(*segments: str | int) -> str:
    """Return a path below `/api/v1` with each segment percent-encoded."""
    return "".join(f"/{quote(str(segment), safe='')}" for segment in segments)


def if_match(revision: int | None) -> dict[str, str]:
    """Return the precondition that nobody has changed a thing since `revision`; None overwrites whatever there is."""
    return {"If-Match": "*" if revision is None else f'"{revision}"'}


class HttpSession:
    """Speaks to one registry. Threads may share it.

    Raises:
        InvalidSettingError: the token cannot be one.
    """

    def __init__(self, url: str, token: str | None, *, retries: Retries | None = None) -> None:
        """Prepare a session; nothing is sent yet."""
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            raise InvalidSettingError("The token has characters that no token has: copy it again, without line ends.")
        self.url = url.rstrip("/")
        self._origin = _origin(httpx.URL(self.url))
        self._retries = retries or Retries()
        self._reached = False
        self._lock = threading.Lock()
        self._foreign: httpx.Client | None = None
        self._own = _client({"Authorization": f"Bearer {token}"} if token else {}, trusting=self._origin[0] == "https")

    def close(self) -> None:
        """Close all connections."""
        self._own.close()
        if self._foreign is not None:
            self._foreign.close()

    def get(self, path: str, **params: Parameter) -> Answer:
        """Read one resource."""
        return self.answer(Call("GET", path, params))

    def answer(self, call: Call) -> Answer:
        """Send a call and return the JSON object it is answered with."""
        return read_answer(self.send(call))

    def look(self, path: str) -> httpx.Response:
        """Read `path` of the server, which need not be below `/api/v1`, once; any status will do.

        Raises:
            ServerUnreachableError: there was no answer.
        """
        try:
            response = self._sent(Call("GET", f"{self.url}{path}"), httpx.URL(f"{self.url}{path}"))
            try:
                response.read()
            finally:
                response.close()
        except httpx.TransportError as error:
            self._give_up(error)
        return response

    def send(self, call: Call) -> httpx.Response:
        """Send a call, again where that makes sense, and return the whole answer.

        A POST gets an idempotency key that all tries share, unless it carries raw content.

        Raises:
            ApiError: the server refused.
            ServerUnreachableError: there was no answer.
        """
        if call.method == "POST" and call.content is None:
            keyed = {"Idempotency-Key": str(uuid.uuid4()), **call.headers}
            call = Call(call.method, call.path, call.params, keyed, call.body)
        return self.attempt(lambda: self._whole(call), repeatable=call.repeatable)

    def attempt(self, operation: Callable[[], T], *, repeatable: bool) -> T:
        """Run an operation made of calls to `open`, again where that makes sense.

        Raises:
            ApiError: the server refused.
            ServerUnreachableError: there was no answer.
        """
        try:
            return self._retries.run(operation, repeatable=repeatable)
        except httpx.TransportError as error:
            self._give_up(error)

    @contextmanager
    def open(self, call: Call) -> Iterator[httpx.Response]:
        """Send a call once and hand out its answer as a stream.

        Raises:
            ApiError: the server refused.
            ServerUnreachableError: the registry could not be reached, and never has been by this session.
            httpx.TransportError: the connection failed; for `attempt` to see.
        """
        response = self._sent(call, self._address(call.path))
        try:
            for _ in range(_MAX_REDIRECTS):
                if not (response.has_redirect_location and call.method == "GET"):
                    break
                target = response.url.join(response.headers["Location"])
                response.close()
                response = self._sent(Call(call.method, str(target), headers=call.headers), target)
            if not response.is_success:
                response.read()
                raise read_problem(response)
            yield response
        finally:
            response.close()

    def stream(self, call: Call) -> Iterator[bytes]:
        """Send a call once and yield the bytes of its answer as they come.

        Raises:
            ApiError: the server refused.
            ServerUnreachableError: there was no answer, or it broke off.
        """
        try:
            with self.open(call) as response:
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            self._give_up(error)

    def _whole(self, call: Call) -> httpx.Response:
        response = self._sent(call, self._address(call.path))
        try:
            response.read()
        finally:
            response.close()
        if response.has_redirect_location:
            target = response.url.join(response.headers["Location"])
            raise UnexpectedAnswerError(
                f"{self.url} redirects to {target}: set MODELKEEP_URL to where the registry is."
            )
        if not response.is_success:
            raise read_problem(response)
        return response

    def _sent(self, call: Call, address: httpx.URL) -> httpx.Response:
        own = _origin(address) == self._origin
        client = self._own if own else self._foreign_client()
        headers = dict(call.headers)
        content: bytes | Iterable[bytes] | None = call.content() if call.content else None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = canonical_json(call.body)
        params = {key: value for key, value in call.params.items() if value is not None} or None
        request = client.build_request(call.method, address, params=params, headers=headers, content=content)
        try:
            response = client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if own and not self._reached:
                self._give_up(error)
            raise
        self._reached = self._reached or own
        return response

    def _address(self, path: str) -> httpx.URL:
        return httpx.URL(path if "://" in path else f"{self.url}{API_ROOT}{path}")

    def _foreign_client(self) -> httpx.Client:
        with self._lock:
            if self._foreign is None:
                self._foreign = _client({}, trusting=True)
            return self._foreign

    def _give_up(self, error: httpx.TransportError) -> NoReturn:
        address = error.request.url
        reason = str(error) or type(error).__name__
        if _origin(address) != self._origin:
            raise ServerUnreachableError(
                f"The object store at {address.host} cannot be reached ({reason}): check that this machine may connect."
            ) from error
        if self._reached:
            raise ServerUnreachableError(
                f"The connection to {self.url} failed ({reason}): check the server and try again; what has been "
                "transferred is kept."
            ) from error
        advice = "start it with 'modelkeep serve' or set MODELKEEP_URL"
        if _UNTRUSTED in reason:
            advice = "its certificate is not trusted here; set SSL_CERT_FILE to that of its authority"
        raise ServerUnreachableError(f"Cannot reach {self.url} ({reason}): {advice}.") from error


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _client(headers: Mapping[str, str], *, trusting: bool) -> httpx.Client:
    """Return a client; one that is not `trusting` serves plain http and skips loading the certificate authorities."""
    version = importlib.metadata.version("modelkeep")
    return httpx.Client(
        headers={"User-Agent": f"modelkeep/{version}", **headers},
        timeout=TIMEOUT,
        limits=_LIMITS,
        mounts=_LOOPBACK_DIRECT,
        follow_redirects=False,
        verify=True if trusting else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
