"""The bundle: one signature over one statement, and who is said to have made it.

Sources: the Sigstore bundle v0.3 (JSON form), DSSE v1.0.0, and what the package model-signing 1.x writes into them.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self, cast

from modelkeep.kernel.canonical_json import Json, canonical_json, parse_json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError

BUNDLE_MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_BUNDLE_BYTES: Final = 32 * 2**20
"""The greatest bundle that is read; a line of the statement is one file."""
MAX_CHAIN: Final = 8
"""The most certificates in one bundle."""

_DEPTH: Final = 8
_HINT: Final = re.compile(r"[0-9a-f]{64}")


class InvalidBundleError(InvalidValueError):
    """The document is no model-signing bundle, or one with something in it that nobody would verify."""

    code = "kernel.invalid_bundle"


@dataclass(frozen=True)
class Bundle:
    """A signature as it is kept in a file.

    `signature` is ECDSA in DER over `signed`. Either `hint` names the public key (the SHA-256 of its PEM, in hex), or
    `chain` holds certificates in DER, the signer's first.
    """

    payload: bytes
    signature: bytes
    hint: str | None = None
    chain: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, source: bytes | Json) -> Self:
        """Read a bundle, as bytes or as the JSON value it holds; a member that would not be verified is refused.

        Raises:
            InvalidBundleError: it has another form, more than one signature, or text that is not base64.
            InvalidJsonError: the bytes are too many or not strict JSON.
        """
        value = source
        if isinstance(value, bytes):
            value = parse_json(value, max_bytes=MAX_BUNDLE_BYTES, max_depth=_DEPTH)
        match value:
            case {
                "mediaType": media_type,
                "verificationMaterial": material,
                "dsseEnvelope": envelope,
                **others,
            } if not others:
                if media_type != BUNDLE_MEDIA_TYPE:
                    raise InvalidBundleError(f"its media type is {media_type!a:.100}; it must be {BUNDLE_MEDIA_TYPE}")
                return cls(*_envelope(envelope), *_material(material))
        raise InvalidBundleError(
            "a bundle is an object of mediaType, verificationMaterial and dsseEnvelope, and no more"
        )

    @cached_property
    def signed(self) -> bytes:
        """What the signature is over: the pre-authentication encoding (DSSE protocol, "PAE")."""
        head = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(self.payload)} "
        return head.encode() + self.payload

    @cached_property
    def document(self) -> bytes:
        """The canonical JSON of it: what is stored and written to files."""
        if self.hint is not None:
            material: Json = {"publicKey": {"hint": self.hint}, "tlogEntries": []}
        else:
            chain = [{"rawBytes": _text(certificate)} for certificate in self.chain]
            material = {"x509CertificateChain": {"certificates": chain}, "tlogEntries": []}
        return canonical_json(
            {
                "mediaType": BUNDLE_MEDIA_TYPE,
                "verificationMaterial": material,
                "dsseEnvelope": {
                    "payload": _text(self.payload),
                    "payloadType": PAYLOAD_TYPE,
                    "signatures": [{"sig": _text(self.signature), "keyid": ""}],
                },
            }
        )

    @cached_property
    def digest(self) -> Digest:
        """The digest of the document."""
        return Digest.of(self.document)


def _envelope(envelope: Json) -> tuple[bytes, bytes]:
    match envelope:
        case {"payload": str(payload), "payloadType": payload_type, "signatures": [*signatures], **others}:
            if others or payload_type != PAYLOAD_TYPE:
                raise InvalidBundleError(f"its envelope must be of payload, signatures and payloadType {PAYLOAD_TYPE}")
            if len(signatures) != 1:
                raise InvalidBundleError(f"it has {len(signatures)} signatures; exactly one is verified")
            match signatures[0]:
                case {"sig": str(signature), **rest} if rest.keys() <= {"keyid"} and _is_text(rest.get("keyid", "")):
                    return _bytes(payload), _bytes(signature)
    raise InvalidBundleError("its envelope is none of DSSE: payload, payloadType, and one signature of sig and keyid")


def _material(material: Json) -> tuple[str | None, tuple[bytes, ...]]:
    match material:
        case {**members} if not members.pop("tlogEntries", ()):
            match members:
                case {"publicKey": {"hint": str(hint), **rest}, **others} if not (rest or others):
                    if _HINT.fullmatch(hint):
                        return hint, ()
                case {"x509CertificateChain": {"certificates": [*chain], **rest}, **others} if not (rest or others):
                    return None, _chain(chain)
                case {"certificate": leaf, **others} if not others:
                    return None, _chain([leaf])
    raise InvalidBundleError(
        "its verificationMaterial must be a publicKey with a hint, or a certificate chain, and no tlogEntries: entries "
        "of a transparency log are not verified here"
    )


def _chain(certificates: Sequence[object]) -> tuple[bytes, ...]:
    found = [item["rawBytes"] for item in certificates if isinstance(item, dict) and item.keys() == {"rawBytes"}]
    if not 0 < len(found) == len(certificates) <= MAX_CHAIN or not all(map(_is_text, found)):
        raise InvalidBundleError(f"its certificates must be 1 to {MAX_CHAIN} objects with rawBytes alone")
    return tuple(_bytes(cast("str", text)) for text in found)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Read base64 in its one form: no two texts are the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or _text(data) != text:
        raise InvalidBundleError(f"{text[:40]!a} is not base64 (RFC 4648) of anything")
    return data
