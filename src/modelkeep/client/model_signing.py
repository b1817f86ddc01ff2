"""Signs and verifies models on this machine, without asking a registry whom to trust."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType

from modelkeep.client.extras import verify_extra
from modelkeep.client.model_versions import ModelVersion
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.errors import InvalidValueError, RegistryError
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.model_signing import (
    Bundle,
    IdentityPattern,
    Statement,
    check_promoted,
    check_signed_files,
    sign_files,
)

StrPath = str | os.PathLike[str]


class UnreadableFileError(InvalidValueError):
    """A file that was named cannot be read."""

    code = "client.unreadable_file"


class NotSignedByError(InvalidValueError):
    """None of the keys and authorities that were named has made the signature."""

    code = "client.not_signed_by"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: a public key in PEM, or an authority in PEM about identities such as `email:*@example.org`."""

    pem: bytes
    identity: str | None = None
    name: str = ""


def read_file(path: StrPath) -> bytes:
    """Return what a file holds.

    Raises:
        UnreadableFileError: it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from error


def generate_key(key: StrPath, public: StrPath, password: str | None = None) -> str:
    """Write a new private key on P-256, encrypted if there is a password, and its public key; return its fingerprint.

    Raises:
        FileExistsError: one of the files is there.
        ExtraMissingError: the extra `verify` is not installed.
    """
    made = _signing().PrivateKey.generate()
    Path(key).touch(mode=0o600, exist_ok=False)
    Path(key).write_text(made.to_pem(password), encoding="utf-8")
    with Path(public).open("x", encoding="utf-8") as file:
        file.write(made.public.pem)
    return str(made.public.hint)


def sign_manifest(
    name: str, manifest: Manifest, *, key: StrPath, password: str | None = None, certificate: StrPath | None = None
) -> bytes:
    """Return a bundle over the files of a manifest, as OpenSSF's model-signing writes it.

    Args:
        name: what the model is called in the bundle.
        manifest: its files.
        key: a file with a private key on P-256, P-384 or P-521, in PEM.
        password: the key's, if it has one.
        certificate: a file with the signer's certificate and those between it and its authority, in PEM.

    Raises:
        InvalidSigningKeyError: the key cannot be read, or the certificate is not its own.
        ExtraMissingError: the extra `verify` is not installed.
    """
    signing = _signing()
    private = signing.PrivateKey.from_pem(read_file(key), password)
    statement = sign_files(name, {entry.path: entry.digest for entry in manifest.files})
    if certificate is None:
        bundle: Bundle = signing.sign(statement, private)
    else:
        bundle = signing.sign_with_certificate(statement, private, read_file(certificate))
    return bundle.document


def verify_manifest(document: bytes, manifest: Manifest, trusted: Sequence[Trust], *, at: datetime) -> str:
    """Return who has signed exactly these files; `at` is when certificates must have been valid.

    Raises:
        NotSignedByError: none of those who are trusted has.
        SignedFilesDifferError: somebody who is trusted has signed other files.
        InvalidBundleError: it is no bundle over files.
        ExtraMissingError: the extra `verify` is not installed.
    """
    statement, who = _statement(document, trusted, at)
    check_signed_files(statement, {entry.path: entry.digest for entry in manifest.files})
    return who


def verify_promotion(
    document: bytes, version: ModelVersion, trusted: Sequence[Trust], *, at: datetime
) -> tuple[Mapping[str, Json], str]:
    """Return what is said of a promotion of this version, and who has signed it.

    Raises:
        NotSignedByError: none of those who are trusted has.
        SignedFilesDifferError: another version was promoted.
        InvalidBundleError: it is no bundle over a promotion.
        ExtraMissingError: the extra `verify` is not installed.
    """
    statement, who = _statement(document, trusted, at)
    check_promoted(statement, version.reference, version.manifest_digest)
    return statement.predicate, who


def _statement(document: bytes, trusted: Sequence[Trust], at: datetime) -> tuple[Statement, str]:
    """Return what is signed, and by whom of those who are trusted."""
    signing, bundle = _signing(), Bundle.parse(document)
    faults = []
    for trust in trusted:
        try:
            key, who = _key_of(signing, bundle, trust, at)
            return signing.verify(bundle, key), who
        except RegistryError as error:
            faults.append(f"{trust.name}: {error.message}" if trust.name else error.message)
    raise NotSignedByError(f"nobody who is trusted has signed it ({'; '.join(faults)})")


def _key_of(signing: ModuleType, bundle: Bundle, trust: Trust, at: datetime) -> tuple[object, str]:
    """Return the key that must have signed a bundle, if somebody trusts it, and whose it is."""
    if trust.identity is None:
        key = signing.PublicKey.from_pem(trust.pem)
        if bundle.hint is None:
            raise NotSignedByError("it is signed with a certificate")
        return key, f"key {key.hint}"
    if bundle.hint is not None:
        raise NotSignedByError("it is signed with a key that has no certificate")
    signer = signing.Authority.from_pem(trust.pem).signer(bundle.chain, at)
    identity = IdentityPattern(trust.identity).first_of(signer.identities)
    if identity is None:
        raise NotSignedByError(f"its certificate is that of {', '.join(signer.identities) or 'nobody'}")
    return signer.key, identity


def _signing() -> ModuleType:
    with verify_extra():
        from modelkeep import signing  # noqa: PLC0415 - needs the extra `verify`
    return signing
