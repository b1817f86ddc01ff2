"""`login`, `logout` and `whoami`: the token of this machine's user for a registry."""

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, can_ask, pass_invocation
from modelkeep.cli.output import hint, say, show_json, show_record

if TYPE_CHECKING:
    from modelkeep.client.settings import Settings


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep login --url https://models.example.org",
        "modelkeep login --url https://models.example.org --token - < token.txt",
        "modelkeep login --ci",
    ),
)
@click.option("--token", metavar="TOKEN", help="A token; - reads it from standard input.")
@click.option("--device", is_flag=True, help="Show a code to enter in a browser on any machine.")
@click.option("--ci", is_flag=True, help="Exchange the identity token of this CI job; see 'modelkeep publisher'.")
@click.option("--publisher", metavar="NAME", help="With --ci: which publisher, if the job is that of several.")
@pass_invocation
def login(invocation: Invocation, /, *, token: str | None, device: bool, ci: bool, publisher: str | None) -> None:
    """Get a token and keep it for later commands.

    Without an option it is got in the browser of this machine; a registry that nobody can log in to in a browser asks
    for a token. Commands go to this registry from then on, unless told otherwise. The file is readable by its owner
    only.
    """
    from modelkeep.client.credentials import save_credential  # noqa: PLC0415 - not for --help
    from modelkeep.client.registry import Registry  # noqa: PLC0415
    from modelkeep.client.settings import TOKEN_VARIABLE, URL_VARIABLE, resolve_settings  # noqa: PLC0415

    if sum((token is not None, device, ci)) > 1:
        raise click.UsageError("Choose one of --token, --device and --ci.")
    issued = None if token is not None else _obtain(invocation, device=device, ci=ci, publisher=publisher)
    settings = resolve_settings(invocation.url, issued or _read_token(token))
    with Registry(settings) as registry:
        principal = registry.whoami()
    path = save_credential(settings.url, settings.token or "", make_default=True, issued=issued is not None)
    if invocation.as_json:
        show_json(principal.document)
    else:
        say(f"Logged in to {settings.url} as {principal.name}; the token is kept in {path}.")
    if os.environ.get(TOKEN_VARIABLE) not in (None, "", settings.token):
        hint(f"{TOKEN_VARIABLE} is set to another token, and goes before this one.")
    if resolve_settings().url != settings.url:
        hint(f"Commands go to {resolve_settings().url} all the same ({URL_VARIABLE} or 'modelkeep config').")


@click.command(cls=RegistryCommand, epilog=examples("modelkeep logout --url https://models.example.org"))
@pass_invocation
def logout(invocation: Invocation) -> None:
    """Forget the token for a registry.

    One that 'modelkeep login' has got is revoked as well. One that you gave it stays valid: others may use it too.
    """
    from modelkeep.client.credentials import load_credentials, registry_key, remove_credential  # noqa: PLC0415 - as above
    from modelkeep.client.settings import TOKEN_VARIABLE, resolve_settings  # noqa: PLC0415

    settings = resolve_settings(invocation.url)
    url, credentials = settings.url, load_credentials()
    stored = credentials.find(url)
    revoked = registry_key(url) in credentials.issued and _revoke(replace(settings, token=stored))
    known = remove_credential(url)
    if invocation.as_json:
        show_json({"url": url, "removed": known, "revoked": revoked})
    else:
        outcome = f"The token for {url} is {'revoked and ' if revoked else ''}forgotten."
        say(outcome if known else f"There was no token for {url}.")
    if known and not revoked:
        hint("It stays valid: 'modelkeep token revoke' ends it.")
    if os.environ.get(TOKEN_VARIABLE):
        hint(f"{TOKEN_VARIABLE} is set, and goes on to be used.")


@click.command(cls=RegistryCommand, epilog=examples("modelkeep whoami"))
@pass_invocation
def whoami(invocation: Invocation) -> None:
    """Say who the registry takes you for."""
    with invocation.connect() as registry:
        principal, settings = registry.whoami(), registry.settings
    if invocation.as_json:
        show_json(principal.document)
        return
    show_record(
        {
            "name": principal.name,
            "kind": principal.kind,
            "roles": principal.roles,
            "registry": f"{settings.url} ({settings.source_of_url})",
            "token": f"{principal.token_id} ({settings.source_of_token})",
            "permissions": principal.permissions,
            "scopes": principal.scopes,
            "expires": principal.expires_at,
        }
    )


def _revoke(settings: "Settings") -> bool:
    """Let the registry end the token; return whether it has, or it had ended before."""
    from modelkeep.client.errors import UnauthenticatedError  # noqa: PLC0415 - not for --help
    from modelkeep.client.registry import Registry  # noqa: PLC0415
    from modelkeep.kernel.errors import RegistryError  # noqa: PLC0415

    try:
        with Registry(settings) as registry:
            registry.revoke_token(registry.whoami().token_id or "")
    except UnauthenticatedError:
        return True
    except RegistryError as error:
        hint(f"The token could not be revoked. {error.message}")
        return False
    return True


def _obtain(invocation: Invocation, *, device: bool, ci: bool, publisher: str | None) -> str | None:
    """Return a new token, or None where the registry has nobody to log in with."""
    if not (device or ci or can_ask()):
        raise click.UsageError(
            "There is no terminal to ask on: give --token TOKEN, --token - to read it, --device, or --ci."
        )
    from modelkeep.cli import signing_in  # noqa: PLC0415 - not for --help
    from modelkeep.client.registry import Registry  # noqa: PLC0415
    from modelkeep.client.settings import resolve_settings  # noqa: PLC0415

    settings = resolve_settings(invocation.url)
    with Registry(replace(settings, token=None)) as registry:
        if ci:
            return signing_in.ci_login(registry, publisher).token
        if device:
            return signing_in.device_login(registry).token
        if registry.login_offers():
            return signing_in.browser_login(registry).token
    return None


def _read_token(given: str | None) -> str:
    if given == "-":
        given = sys.stdin.readline()
    elif given is None:
        given = click.prompt("Token", hide_input=True, err=True)
    token = str(given).strip()
    if not token:
        raise click.UsageError("The token is empty: 'modelkeep serve --new-admin-token' on the server issues one.")
    return token
