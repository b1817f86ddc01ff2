"""The statement that is signed: in-toto Statement v1, and the predicate of model-signing that lists files.

Source: https://github.com/in-toto/attestation (Statement v1), and `https://model_signing/signature/v1.0` as the package
model-signing 1.x writes and reads it.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from modelkeep.kernel.canonical_json import Json, canonical_json, parse_json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.model_signing.bundles import MAX_BUNDLE_BYTES, InvalidBundleError

STATEMENT: Final = "https://in-toto.io/Statement/v1"
MODEL_SIGNATURE: Final = "https://model_signing/signature/v1.0"
PROMOTION: Final = "urn:modelkeep:attestation:promotion:v1"
"""The predicate of a registry's own statement that it has promoted a version; the digest is that of its manifest."""

_DEPTH: Final = 32
_SHOWN: Final = 10
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class SignedFilesDifferError(InvalidValueError):
    """The files that were signed are not the files it is held against; the details name some."""

    code = "kernel.signed_files_differ"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said (`predicate`, of a type) about one subject, named and known by a digest."""

    subject: str
    digest: Digest
    predicate_type: str
    predicate: Mapping[str, Json] = field(repr=False)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read the payload of a bundle.

        Raises:
            InvalidBundleError: it is no statement about exactly one subject with a SHA-256 digest.
            InvalidJsonError: it is too long or not strict JSON.
        """
        match parse_json(payload, max_bytes=MAX_BUNDLE_BYTES, max_depth=_DEPTH):
            case {
                "_type": kind,
                "subject": [{"name": str(name), "digest": {"sha256": str(digest), **digests}, **rest}],
                "predicateType": str(predicate_type),
                "predicate": dict(predicate),
                **others,
            } if kind == STATEMENT and not (digests or rest or others) and _HEX.fullmatch(digest):
                return cls(name, Digest(digest), predicate_type, predicate)
        raise InvalidBundleError(f"its payload is no {STATEMENT} about one subject with a sha256 digest alone")

    def payload(self) -> bytes:
        """Return what is put into a bundle, and signed."""
        return canonical_json(
            {
                "_type": STATEMENT,
                "subject": [{"name": self.subject, "digest": {"sha256": self.digest.hex}}],
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            }
        )


def sign_files(name: str, files: Mapping[str, Digest]) -> Statement:
    """Return the statement that signs the files of a model by path, as model-signing does."""
    in_order = sorted(files, key=lambda path: path.split("/"))
    resources: list[Json] = [{"name": path, "algorithm": "sha256", "digest": files[path].hex} for path in in_order]
    serialization: Json = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
    predicate = {"serialization": serialization, "resources": resources}
    return Statement(name, _over(files[path] for path in in_order), MODEL_SIGNATURE, predicate)


def check_signed_files(statement: Statement, files: Mapping[str, Digest]) -> None:
    """Hold a statement of model-signing against files by path: it must sign each of them, and no other.

    The digest of the subject covers digests only, so every name is compared as well.

    Raises:
        InvalidBundleError: it is a statement of another kind, or names a file twice.
        SignedFilesDifferError: a file is not signed, hidden, not there, or other than it was signed.
    """
    resources, ignored = _read(statement)
    if _over(digest for _, digest in resources) != statement.digest:
        raise InvalidBundleError("the digest of its subject is not that of the files it lists")
    signed = dict(resources)
    twice = [name for name, count in Counter(name for name, _ in resources).items() if count > 1]
    if twice:
        raise InvalidBundleError(f"it names {twice[0]!a:.200} twice, and nobody knows which one counts")
    _refuse("ignore_paths of the signature hides", (path for path in files if _is_below(path, ignored)))
    _refuse("the signature does not cover", files.keys() - signed.keys())
    _refuse("the signature covers what is not there:", signed.keys() - files.keys())
    _refuse("other content was signed of", (path for path in files if signed[path] != files[path]))


def check_promoted(statement: Statement, reference: str, manifest_digest: Digest) -> None:
    """Hold the statement of a promotion against the version that it must be about.

    Raises:
        InvalidBundleError: it is a statement of another kind.
        SignedFilesDifferError: it is about another version, or other files.
    """
    if statement.predicate_type != PROMOTION:
        raise InvalidBundleError(f"it is about {statement.predicate_type!a:.200}, not about a promotion ({PROMOTION})")
    if (statement.subject, statement.digest) != (reference, manifest_digest):
        raise SignedFilesDifferError("another version was promoted")


def _read(statement: Statement) -> tuple[list[tuple[str, Digest]], Sequence[str]]:
    """Return the files that a statement lists, in its order, and the paths it left out."""
    if statement.predicate_type != MODEL_SIGNATURE:
        raise InvalidBundleError(f"it is about {statement.predicate_type!a:.200}, not about files ({MODEL_SIGNATURE})")
    match statement.predicate:
        case {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": bool(), **rest},
            "resources": [*resources],
        }:
            ignored = rest.pop("ignore_paths", [])
            if not rest and isinstance(ignored, Sequence) and all(isinstance(path, str) for path in ignored):
                return [_resource(item) for item in resources], [str(path) for path in ignored]
    raise InvalidBundleError(
        "its predicate must list whole files with SHA-256: method 'files', hash_type 'sha256', allow_symlinks, at most "
        "ignore_paths beside them, and resources"
    )


def _resource(item: Json) -> tuple[str, Digest]:
    match item:
        case {"name": str(name), "algorithm": "sha256", "digest": str(digest), **others} if not others:
            if _HEX.fullmatch(digest):
                return name, Digest(digest)
    raise InvalidBundleError("each of its resources must be a name, the algorithm sha256 and a digest in hex")


def _over(digests: Iterable[Digest]) -> Digest:
    """Return the digest of digests, one after the other as bytes."""
    state = hashlib.sha256()
    for digest in digests:
        state.update(bytes.fromhex(digest.hex))
    return Digest(state.hexdigest())


def _is_below(path: str, ignored: Sequence[str]) -> bool:
    """Say whether an ignored path is this one, or a folder it lies in; one that leads outside may be anything."""
    for given in ignored:
        parts = [part for part in given.split("/") if part not in ("", ".")]
        hidden = "/".join(parts)
        if not hidden or given.startswith("/") or ".." in parts or path == hidden or path.startswith(f"{hidden}/"):
            return True
    return False


def _refuse(fact: str, paths: Iterable[str]) -> None:
    found = sorted(paths)
    if found:
        shown = ", ".join(f"{path!a}" for path in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise SignedFilesDifferError(f"{fact} {shown}{more}", paths=found[:_SHOWN], count=len(found))
