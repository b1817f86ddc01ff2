"""`login`, `logout` and `whoami`: the token of this machine's user for a registry."""

import os
import sys
from dataclasses import replace

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, can_ask, pass_invocation
from modelkeep.cli.output import hint, say, show_json, show_record


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
    given = _read_token(token) if token is not None else _obtain(invocation, device=device, ci=ci, publisher=publisher)
    settings = resolve_settings(invocation.url, given)
    with Registry(settings) as registry:
        principal = registry.whoami()
    path = save_credential(settings.url, settings.token or "", make_default=True)
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

    It stays valid until it is revoked.
    """
    from modelkeep.client.credentials import remove_credential  # noqa: PLC0415 - not for --help
    from modelkeep.client.settings import TOKEN_VARIABLE, resolve_settings  # noqa: PLC0415

    url = resolve_settings(invocation.url).url
    known = remove_credential(url)
    if invocation.as_json:
        show_json({"url": url, "removed": known})
    else:
        say(f"The token for {url} is forgotten." if known else f"There was no token for {url}.")
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


def _obtain(invocation: Invocation, *, device: bool, ci: bool, publisher: str | None) -> str:
    """Return a new token, or one that is typed where the registry has nobody to log in with."""
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
    return _read_token(None)


def _read_token(given: str | None) -> str:
    if given == "-":
        given = sys.stdin.readline()
    elif given is None:
        given = click.prompt("Token", hide_input=True, err=True)
    token = str(given).strip()
    if not token:
        raise click.UsageError("The token is empty: 'modelkeep serve --new-admin-token' on the server issues one.")
    return token
