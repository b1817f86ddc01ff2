"""`signing-key`: who is trusted to sign models."""

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF, FILE, PointInTime
from modelkeep.cli.signatures import new_password
from modelkeep.kernel.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.signature_values import SigningKey

_NAMESPACE = click.option(
    "--namespace", metavar="NAMESPACE", help="In this namespace; without it in the whole registry."
)


class Terms(TypedDict):
    """For what a key is trusted."""

    namespace: str | None
    identity: str | None
    valid_from: str | None
    valid_until: str | None


@click.group("signing-key", cls=RegistryGroup, epilog=examples("modelkeep signing-key list --namespace fraud"))
def signing_key() -> None:
    """Say whose signatures of models count.

    A key is trusted in a namespace, or in the whole registry.
    """


@signing_key.command("generate", cls=RegistryCommand, epilog=examples("modelkeep signing-key generate release"))
@click.argument("name", type=click.Path(path_type=Path))
@pass_invocation
def generate(invocation: Invocation, name: Path) -> None:
    """Make a key to sign with.

    NAME.pem is the private key, NAME.pub the public one. A password for it is asked for, or read from
    MODELKEEP_KEY_PASSWORD; without one the key is not encrypted.
    """
    from modelkeep.client.model_signing import generate_key  # noqa: PLC0415 - not for --help

    private, public = name.with_name(f"{name.name}.pem"), name.with_name(f"{name.name}.pub")
    try:
        fingerprint = generate_key(private, public, new_password())
    except OSError as error:
        raise InvalidValueError(f"{error.filename} cannot be written: {error.strerror}") from error
    if invocation.as_json:
        show_json({"private": str(private), "public": str(public), "fingerprint": fingerprint})
    else:
        say(f"Wrote {private}, to keep, and {public}, to trust: {fingerprint}")


@signing_key.command(
    "trust",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep signing-key trust release release.pub --namespace fraud",
        "modelkeep signing-key trust company ca.pem --identity 'email:*@example.org'",
    ),
)
@click.argument("name")
@click.argument("file", metavar="FILE", type=FILE)
@_NAMESPACE
@click.option("--identity", metavar="PATTERN", help="Of an authority: about whom; * stands for all but '/' and '@'.")
@click.option("--valid-from", metavar="TIME", type=PointInTime(), help="Signatures received before do not count.")
@click.option("--valid-until", metavar="TIME", type=PointInTime(), help="Nor do those received from then on.")
@pass_invocation
def trust(invocation: Invocation, name: str, file: Path, **terms: Unpack[Terms]) -> None:
    """Trust a key or an authority.

    FILE holds a public key in PEM, or the certificates of an authority that is believed about certain identities.
    """
    from modelkeep.client.model_signing import read_file  # noqa: PLC0415 - not for --help

    pem = read_file(file).decode(errors="replace")
    with invocation.connect() as registry:
        made = registry.trust_signing_key(name, pem, **terms)
    _show(invocation, made, f"{made.name} is trusted {_place(made)}: {made.id}")


@signing_key.command("list", cls=RegistryCommand, epilog=examples("modelkeep signing-key list"))
@_NAMESPACE
@AS_OF
@paged
@pass_invocation
def list_keys(
    invocation: Invocation, namespace: str | None, as_of: str | None, **window: Unpack[WindowOptions]
) -> None:
    """List the keys that are trusted, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_signing_keys(namespace, as_of=as_of), _columns(), window)


@signing_key.command("revoke", cls=RegistryCommand, epilog=examples("modelkeep signing-key revoke ID --reason stolen"))
@click.argument("identity", metavar="ID")
@_NAMESPACE
@click.option("--reason", default="", help="Why; the audit log keeps it.")
@pass_invocation
def revoke(invocation: Invocation, identity: str, namespace: str | None, reason: str) -> None:
    """Take the trust back.

    No signature holds by this key any more, whenever it was made. A key that was good until now ends by the
    --valid-until it is trusted with.
    """
    with invocation.connect() as registry:
        ended = registry.revoke_signing_key(identity, namespace=namespace, reason=reason)
    _show(invocation, ended, f"{ended.name} is not trusted {_place(ended)} any more.")


def _show(invocation: Invocation, key: "SigningKey", sentence: str) -> None:
    if invocation.as_json:
        show_json(key.document)
    else:
        say(sentence)


def _place(key: "SigningKey") -> str:
    return "in the whole registry" if key.scope == "*" else f"in {key.scope}"


def _columns() -> "Sequence[Column[SigningKey]]":
    return (
        Column("ID", lambda key: key.id),
        Column("NAME", lambda key: key.name, cut=True),
        Column("KIND", lambda key: key.kind),
        Column("ABOUT", lambda key: key.identity, cut=True),
        Column("FINGERPRINT", lambda key: key.fingerprint, cut=True, wide=True),
        Column("SINCE", lambda key: key.since, age=True),
        Column("VALID UNTIL", lambda key: key.valid_until),
    )
