"""One request and its answer: to an address that was checked, with TLS for its name, within a time and a size."""

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import httpcore

from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.platform.outbound_http.addresses import OutboundPolicy, Target

_FAILURES: Final = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)
_CONNECT_SECONDS: Final = 5.0


class OutboundFailedError(RegistryError):
    """An address did not answer, or not as it should."""

    kind = Kind.UNAVAILABLE
    code = "outbound.failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower case. `cut` says that the body was longer than was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


@cache
def system_certificates() -> ssl.SSLContext:
    """Return the certificates that are trusted: those of `SSL_CERT_FILE`, or the usual ones."""
    import httpx  # noqa: PLC0415 - as in `addresses`

    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class OutboundHttp:
    """Sends requests; connects to the very address it checked, so that no second look-up can lead elsewhere.

    Redirects are answers like any other, and proxies of the environment are not used. Each request has a connection of
    its own, and `seconds` for all of it.
    """

    policy: OutboundPolicy
    seconds: float = 15.0
    certificates: Callable[[], ssl.SSLContext] = system_certificates

    def check(self, url: str) -> None:
        """Refuse an address that could never be reached, before it is stored.

        Raises:
            OutboundRefusedError: the address may not be spoken to.
        """
        self.policy.check(url)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        max_bytes: int = 1024 * 1024,
    ) -> Answer:
        """Send a request and return up to `max_bytes` of the answer's body, whatever its status.

        Raises:
            OutboundRefusedError: the address may not be spoken to.
            OutboundFailedError: there was no answer in time, or none that is HTTP.
        """
        target = self.policy.target(url)
        sent = {"Host": target.authority, "User-Agent": "modelkeep", "Content-Length": str(len(content))}
        fields = [(name.encode("ascii"), value.encode("utf-8")) for name, value in {**sent, **(headers or {})}.items()]
        place = httpcore.URL(
            scheme=target.scheme.encode("ascii"),
            host=target.host.encode("ascii"),
            port=target.port,
            target=target.path.encode("ascii"),
        )
        timeout = {"connect": _CONNECT_SECONDS, "read": self.seconds, "write": self.seconds, "pool": self.seconds}
        network = _CheckedNetwork(self.policy, target, time.monotonic() + self.seconds)
        try:
            with (
                httpcore.ConnectionPool(self.certificates(), network_backend=network) as pool,
                pool.stream(
                    method, place, headers=fields, content=content, extensions={"timeout": timeout}
                ) as response,
            ):
                body, cut = _read(response.iter_stream(), max_bytes)
                known = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(response.status, known, body, cut)
        except _FAILURES as error:
            raise OutboundFailedError(f"{target.authority} did not answer: {_reason(error)}") from error


def _read(chunks: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _reason(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects to the addresses of one target that the policy allows, and to no other."""

    def __init__(self, policy: OutboundPolicy, target: Target, deadline: float) -> None:
        self._policy, self._target, self._deadline = policy, target, deadline
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._policy.addresses(self._target)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address") from error
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._system.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Limited(stream, self._deadline)
        raise failure


class _Limited(httpcore.NetworkStream):
    """A connection that ends at its deadline, however slowly the other side speaks."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline decides
        return self._stream.read(max_bytes, self._left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        self._stream.write(buffer, self._left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> httpcore.NetworkStream:
        left = self._left(httpcore.ConnectTimeout)
        return _Limited(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the interface is httpcore's
        return self._stream.get_extra_info(info)

    def _left(self, late: type[httpcore.TimeoutException]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise late("the time for this request is over")
        return left
