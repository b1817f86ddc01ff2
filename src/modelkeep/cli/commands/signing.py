"""`sign` and `verify`: who stands for the files of a version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.commands.evidence import verify_pack_file
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import hint, say, show_json
from modelkeep.cli.parameters import FILE
from modelkeep.cli.signatures import local_pack, local_path, password_for, trusted
from modelkeep.kernel.errors import Kind, RegistryError

if TYPE_CHECKING:
    from modelkeep.client.model_signing import Trust
    from modelkeep.client.registry import Registry
    from modelkeep.client.signature_values import Signature

_DEFAULT_BUNDLE = Path("model.sig")


class NotVerifiedError(RegistryError):
    """No signature holds for what was to be verified."""

    kind = Kind.CORRUPT
    code = "client.not_verified"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one signature: who has made it, or why it does not hold; `promotion` is what the registry signed."""

    signature: str
    holds: bool
    said: str
    promotion: Mapping[str, object] | None = None

    @property
    def vouches(self) -> bool:
        """Whether somebody stands for the files: that a version was promoted says nothing about who made them."""
        return self.holds and self.promotion is None

    @property
    def document(self) -> dict[str, object]:
        """The outcome for programs."""
        told = {"signature": self.signature, "holds": self.holds, "said": self.said}
        return told if self.promotion is None else {**told, "promotion": self.promotion}


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep sign fraud/scorer:1.4.0 --key release.pem",
        "modelkeep sign fraud/scorer:1.4.0 --bundle model.sig",
        "modelkeep sign ./model --key release.pem --to model.sig",
    ),
)
@click.argument("target", metavar="REF|PATH")
@click.option("--key", metavar="FILE", type=FILE, help="Private key on P-256, P-384 or P-521, in PEM.")
@click.option("--certificate", metavar="FILE", type=FILE, help="Certificates of the key, its own first, in PEM.")
@click.option("--bundle", metavar="FILE", type=FILE, help="Add this bundle, in place of signing with --key.")
@click.option("-o", "--to", "to", metavar="FILE", type=FILE, help="Write the bundle; of a PATH by default model.sig.")
@pass_invocation
def sign(
    invocation: Invocation,
    target: str,
    *,
    key: Path | None,
    certificate: Path | None,
    bundle: Path | None,
    to: Path | None,
) -> None:
    """Sign the files of a version.

    OpenSSF's model-signing verifies the signature; the key stays on this machine. REF is a version in the registry; a
    PATH begins with '.', '/' or '~', and is signed into a file. The password of a key is asked for, or read from
    MODELKEEP_KEY_PASSWORD.
    """
    if (key is None) == (bundle is None):
        raise click.UsageError("Give --key to sign, or --bundle to add a signature that was made elsewhere.")
    path = local_path(target)
    if path is not None:
        if key is None:
            raise click.UsageError("A PATH is signed with --key.")
        _write(_signed_here(path, key, certificate), to or _DEFAULT_BUNDLE)
        return
    from modelkeep.client.model_signing import read_file  # noqa: PLC0415 - not for --help

    with invocation.connect() as registry:
        if key is None:
            made = registry.add_signature(target, read_file(bundle or _DEFAULT_BUNDLE))
        else:
            made = registry.sign(target, key=key, password=password_for(key), certificate=certificate)
        if to is not None:
            _write(registry.signature_bundle(target, made.id), to)
    if invocation.as_json:
        show_json(made.document)
    else:
        say(f"{target} is signed: {_told(made).said}.")


class Believed(TypedDict):
    """Whom the caller believes."""

    key: tuple[Path, ...]
    authority: tuple[Path, ...]
    identity: str | None
    bundle: Path | None
    vkey: tuple[str, ...]


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep verify fraud/scorer@production",
        "modelkeep verify fraud/scorer:1.4.0 --key release.pub",
        "modelkeep verify ./model --bundle model.sig --key release.pub",
        'modelkeep verify pack.zip --vkey "$VKEY"',
    ),
)
@click.argument("target", metavar="REF|PATH")
@click.option("--key", metavar="FILE", type=FILE, multiple=True, help="Believe this public key, in PEM.")
@click.option("--authority", metavar="FILE", type=FILE, multiple=True, help="Believe these certificates, in PEM…")
@click.option("--identity", metavar="PATTERN", help="…about these identities, such as email:*@example.org.")
@click.option("--bundle", metavar="FILE", type=FILE, help="The signature of a PATH; by default model.sig.")
@click.option("--vkey", multiple=True, help="Of an evidence pack: the key of the audit log.")
@pass_invocation
def verify(invocation: Invocation, target: str, **believed: Unpack[Believed]) -> None:
    """Say who has signed a version.

    Each signature is told with who has made it, or why it does not hold; so is what the registry itself has signed of
    promotions. The command fails where no signature over the files holds. The registry says whom to believe. With --key
    or --authority this machine verifies by itself, whatever the registry says; a PATH, which begins with '.', '/' or
    '~', is verified so. A file that ends with .zip is an evidence pack.
    """
    pack, path = local_pack(target), local_path(target)
    if pack is not None:
        if believed["key"] or believed["authority"]:
            raise click.UsageError("An evidence pack is verified with --vkey, the key of the audit log.")
        verify_pack_file(invocation, pack, believed["vkey"])
        return
    own = trusted(believed["key"], believed["authority"], believed["identity"])
    if path is not None:
        if not own:
            raise click.UsageError("Give --key or --authority: nobody else says whom to believe about a PATH.")
        found = [_verified_here(path, believed["bundle"] or _DEFAULT_BUNDLE, own)]
    else:
        with invocation.connect() as registry:
            found = list(_own_outcomes(registry, target, own) if own else _outcomes(registry, target))
    if invocation.as_json:
        show_json({"items": [outcome.document for outcome in found]})
    else:
        for outcome in found:
            say(f"{'holds' if outcome.holds else 'FAILS'}  {outcome.signature}  {outcome.said}")
    if not any(outcome.vouches for outcome in found):
        raise NotVerifiedError(
            f"no signature over the files of {target} holds" if found else f"{target} has no signature"
        )


def _outcomes(registry: "Registry", reference: str) -> Iterator[Outcome]:
    return map(_told, registry.list_signatures(reference))


def _told(signature: "Signature") -> Outcome:
    """Return what the registry says of a signature."""
    if signature.key is None:
        return Outcome(signature.id, holds=False, said=signature.fault)
    where = "the registry" if signature.key.scope == "*" else signature.key.scope
    who = f"{signature.key.identity}, by the authority" if signature.key.identity else "by the key"
    by = f"{who} {signature.key.name!r} of {where}"
    return Outcome(
        signature.id, holds=True, said=f"{_promoted(signature.promotion)}{by}", promotion=signature.promotion
    )


def _promoted(promotion: Mapping[str, object] | None) -> str:
    """Return what the registry says of a promotion, before who says so."""
    match promotion:
        case {"stage": stage, "manner": manner, "entry": {"seq": seq}}:
            return f"promoted to {stage} ({str(manner).replace('_', '-')}), entry {seq} of the audit log: "
    return ""


def _own_outcomes(registry: "Registry", reference: str, own: "list[Trust]") -> Iterator[Outcome]:
    """Yield what this machine finds; the registry is believed about nothing but when a signature came."""
    from modelkeep.client.model_signing import verify_manifest, verify_promotion  # noqa: PLC0415 - not for --help
    from modelkeep.kernel.model_signing import PROMOTION  # noqa: PLC0415 - not for --help

    version = registry.resolve(reference)
    manifest = registry.manifest(version.reference)
    if manifest.digest != version.manifest_digest:
        raise NotVerifiedError(f"the manifest that came is not that of {version.reference}")
    for signature in registry.list_signatures(version.reference):
        document = registry.signature_bundle(version.reference, signature.id)
        try:
            if signature.predicate_type == PROMOTION:
                promotion, who = verify_promotion(document, version, own, at=signature.added_at)
                yield Outcome(signature.id, holds=True, said=f"{_promoted(promotion)}{who}", promotion=promotion)
            else:
                said = verify_manifest(document, manifest, own, at=signature.added_at)
                yield Outcome(signature.id, holds=True, said=said)
        except RegistryError as error:
            yield Outcome(signature.id, holds=False, said=error.message)


def _verified_here(path: Path, bundle: Path, own: "list[Trust]") -> Outcome:
    from modelkeep.client.artifacts import scan  # noqa: PLC0415 - not for --help
    from modelkeep.client.model_signing import read_file, verify_manifest  # noqa: PLC0415 - not for --help
    from modelkeep.kernel.clock import system_clock  # noqa: PLC0415 - not for --help

    document = read_file(bundle)
    try:
        said = verify_manifest(document, scan(path).manifest, own, at=system_clock())
        return Outcome(str(bundle), holds=True, said=said)
    except RegistryError as error:
        return Outcome(str(bundle), holds=False, said=error.message)


def _signed_here(path: Path, key: Path, certificate: Path | None) -> bytes:
    from modelkeep.client.artifacts import scan  # noqa: PLC0415 - not for --help
    from modelkeep.client.model_signing import sign_manifest  # noqa: PLC0415 - not for --help

    manifest = scan(path).manifest
    return sign_manifest(path.resolve().name, manifest, key=key, password=password_for(key), certificate=certificate)


def _write(bundle: bytes, to: Path) -> None:
    to.write_bytes(bundle)
    hint(f"Wrote {to}.")
