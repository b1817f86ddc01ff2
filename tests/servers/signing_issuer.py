"""An issuer of identity tokens of our own: it publishes keys over real HTTP, and signs whatever claims a test wants."""

import base64
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, RSAKey


@cache
def an_rsa_key(number: int = 1) -> RSAKey:
    """The same key for the same number: making one takes long."""
    return RSAKey.generate_key(2048, {"kid": f"rsa-{number}", "use": "sig"}, private=True)


@cache
def an_ec_key(number: int = 1) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": f"ec-{number}", "use": "sig"}, private=True)


class SigningIssuer:
    """Serves discovery and keys; counts who asks for them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: list[Key] = [an_rsa_key()]
        self.named: str = url
        """What its document calls it."""
        self.more: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        """What its token endpoint answers to any code."""
        self.requests: Counter[str] = Counter()

    def sign(self, claims: Mapping[str, Any], key: Key | None = None, **header: Any) -> str:  # noqa: ANN401 - JSON
        signer = key or self.keys[0]
        algorithm = header.pop("alg", "ES256" if isinstance(signer, ECKey) else "RS256")
        return jwt.encode({"alg": algorithm, "kid": signer.kid, **header}, dict(claims), signer, [algorithm])

    def sign_by_public_key(self, claims: Mapping[str, Any]) -> str:
        """Sign with the public key as if it were a shared secret: what a careless verifier accepts."""
        public = self.keys[0].as_pem(private=False)  # type: ignore[union-attr]  # an RSA key
        header = {"alg": "HS256", "kid": self.keys[0].kid}
        return jwt.encode(header, dict(claims), OctKey.import_key(public.hex()), ["HS256"])

    def document(self, path: str) -> Mapping[str, Any] | None:
        self.requests[path] += 1
        if path == "/.well-known/openid-configuration":
            endpoints = {"authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token"}
            return {"issuer": self.named, "jwks_uri": f"{self.url}/keys", **endpoints, **self.more}
        if path == "/keys":
            return KeySet(self.keys).as_dict(private=False)
        if path == "/token":
            return self.tokens
        return None


def unsigned(claims: Mapping[str, Any]) -> str:
    """Return a token of the algorithm `none`."""
    return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."


def with_claims(token: str, claims: Mapping[str, Any]) -> str:
    """Return the token with other claims under the old signature."""
    header, _, signature = token.split(".")
    return f"{header}.{_encoded(claims)}.{signature}"


def flipped(token: str) -> str:
    """Return the token with one bit of its signature changed."""
    head, _, encoded = token.rpartition(".")
    signature = bytearray(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    signature[7] ^= 1
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@contextmanager
def signing_issuer() -> Iterator[SigningIssuer]:
    """Run one on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    issuer = SigningIssuer(f"http://127.0.0.1:{server.server_port}")
    server.issuer = issuer  # type: ignore[attr-defined]  # for the handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        document = self.server.issuer.document(self.path)  # type: ignore[attr-defined]  # set above
        body = json.dumps(document).encode()
        self.send_response(404 if document is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the library gives it
        """Say nothing."""


def _encoded(document: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
