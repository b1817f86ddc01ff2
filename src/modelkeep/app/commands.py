"""The commands of the server: `serve` and `migrate`. What they need is loaded when they run, and only then."""

import os
import sys
from pathlib import Path
from typing import Any

import click

_MISSING = "this installation has no server: pip install 'modelkeep[server]'"

_database = click.option("--database-url", help="sqlite:///PATH or postgresql://USER@HOST/DB; by default in DATA-DIR.")
_data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Folder of everything local; default ~/.local/share/modelkeep."
)


@click.command(
    short_help="Run the registry.",
    epilog="Example: modelkeep serve --database-url postgresql://mk@db/mk --store-url 's3://models?region=eu-west-1'",
)
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--port", type=int, help="Port to listen on; default 8080.")
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes; default 1.")
@_data_dir
@_database
@click.option("--store-url", help="Folder, s3://BUCKET, gs://BUCKET or az://CONTAINER; by default in DATA-DIR.")
@click.option("--tls-certificate", help="PEM file: serve HTTPS.")
@click.option("--tls-key", help="PEM file with the certificate's key.")
@click.option(
    "--behind-proxy", is_flag=True, default=None, help="A proxy in front does TLS; trust its X-Forwarded-For."
)
@click.option("--log-format", type=click.Choice(["console", "json"]), help="Default console.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="Default info.")
@click.option(
    "--policy",
    type=click.Choice(["default", "open", "regulated"]),
    help="What governs a new registry; an old one keeps its policy.",
)
@click.option("--new-admin-token", is_flag=True, help="Issue a further administrator token, and store it here.")
def serve(*, new_admin_token: bool, **flags: Any) -> None:  # noqa: ANN401 - click's options, named in Settings
    """Run the registry: SQLite and a local folder unless told otherwise.

    Every option is also an environment variable, such as MODELKEEP_DATABASE_URL.
    """
    serving = _load()
    settings = serving.Settings.read(os.environ, **flags)
    serving.serve(settings, new_admin_token=new_admin_token, say=lambda line: click.echo(line, err=True))


@click.command(
    short_help="Bring the database's schema up to date.",
    epilog="Example: modelkeep migrate --database-url postgresql://mk@db/mk",
)
@_data_dir
@_database
def migrate(**flags: Any) -> None:  # noqa: ANN401 - as above
    """Bring the database's schema up to date without serving; `serve` does the same at its start."""
    serving = _load()
    serving.migrate(serving.Settings.read(os.environ, **flags), say=click.echo)


@click.command(
    "check-log", short_help="Check the audit log within its database.", epilog="Example: modelkeep check-log --repair"
)
@_data_dir
@_database
@click.option("--repair", is_flag=True, help="Store nodes of the tree anew that are lost or differ.")
def check_log(*, repair: bool, **flags: Any) -> None:  # noqa: ANN401 - as above
    """Compute the tree of the audit log anew, and say what in the database does not fit.

    What somebody has rewritten whole is found by `modelkeep audit verify` with a checkpoint that was kept elsewhere.
    """
    serving = _load()
    serving.check_log(serving.Settings.read(os.environ, **flags), click.echo, repair=repair)


@click.group(short_help="Set the password of the local administrator.", epilog="Example: modelkeep admin set-password")
def admin() -> None:
    """Set or remove the local administrator's password: a way in for when no login provider works.

    Without a password nobody can log in with one.
    """


@admin.command("set-password", epilog="Example: modelkeep admin set-password --data-dir /srv/mk < password.txt")
@_data_dir
@_database
def set_password(**flags: Any) -> None:  # noqa: ANN401 - as above
    """Ask for a new password, or read it from standard input. The administrator's sessions end."""
    serving = _load()
    settings = serving.Settings.read(os.environ, **flags)
    if sys.stdin.isatty():
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    serving.set_admin_password(settings, password, say=click.echo)


@admin.command("remove-password", epilog="Example: modelkeep admin remove-password --data-dir /srv/modelkeep")
@_data_dir
@_database
def remove_password(**flags: Any) -> None:  # noqa: ANN401 - as above
    """Remove the password, so that nobody can log in with it. The administrator's sessions end."""
    serving = _load()
    serving.remove_admin_password(serving.Settings.read(os.environ, **flags), say=click.echo)


@click.group("log-key", short_help="The keys that sign the audit log.", epilog="Example: modelkeep log-key show")
def log_key() -> None:
    """Show, replace and retire the keys that sign the audit log, in the file `log-key` of the data folder.

    Servers take up a change when they are started again. Keys in MODELKEEP_LOG_KEY are changed there.
    """


@log_key.command("show", epilog="Example: modelkeep log-key show --data-dir /srv/modelkeep")
@_data_dir
def show_log_key(**flags: Any) -> None:  # noqa: ANN401 - as above
    """Show the public halves, newest first: what verifies a checkpoint."""
    for signer in _log_keys(flags).given():
        click.echo(signer.verifier)


@log_key.command("new", epilog="Example: modelkeep log-key new --data-dir /srv/modelkeep")
@_data_dir
def new_log_key(**flags: Any) -> None:  # noqa: ANN401 - as above
    """Put a new key before the others.

    It and they sign from the next start on.
    """
    click.echo(_log_keys(flags).replace().verifier)


@log_key.command("retire", epilog="Example: modelkeep log-key retire --data-dir /srv/modelkeep")
@_data_dir
def retire_log_key(**flags: Any) -> None:  # noqa: ANN401 - as above
    """Drop all keys but the newest.

    They sign no longer from the next start on.
    """
    for signer in _log_keys(flags).drop_old():
        click.echo(signer.verifier)


def _log_keys(flags: Any) -> Any:  # noqa: ANN401 - as above, and below
    serving = _load()
    return serving.ServerLogKeys(serving.Settings.read(os.environ, **flags))


def _load() -> Any:  # noqa: ANN401 - the module, or a clear refusal
    try:
        from modelkeep.app import serving  # noqa: PLC0415 - heavy, and in the extra `server`
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{_MISSING} ({error.name} is missing)") from None
    return serving
