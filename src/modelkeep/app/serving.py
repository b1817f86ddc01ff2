"""Runs a server: prepares the registry once, then serves with one or several worker processes."""

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from modelkeep.app import schema
from modelkeep.app.bootstrap import build, prepare
from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.server import create_app
from modelkeep.app.settings import PREFIX, LogFormat, Settings
from modelkeep.app.slow_heads import PunctualHeadProtocol
from modelkeep.client.credentials import find_credential, save_credential
from modelkeep.domains.audit import TamperedLogError
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.platform.database import open_engines
from modelkeep.platform.telemetry import configure_logging

__all__ = ["ServerLogKeys", "Settings", "check_log", "migrate", "serve"]

Say = Callable[[str], None]


class AddressUnavailableError(RegistryError):
    """Another program listens on the address, or this machine does not have it."""

    kind = Kind.UNAVAILABLE
    code = "serving.address_unavailable"


def serve(settings: Settings, *, new_admin_token: bool, say: Say) -> None:
    """Serve until a signal says stop; requests under way are then finished, uploads among them.

    Args:
        settings: where to listen and what to serve.
        new_admin_token: issue a further token of the administrator first.
        say: shows a line to the person who started the server.

    Raises:
        AddressUnavailableError: the address cannot be listened on; nothing was made or changed.
        RegistryError: the database, the object store or the secret key cannot be used.
    """
    _check_address(settings)
    options = _options(settings)
    configure_logging(json=settings.log_format is LogFormat.JSON, level=settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    services = build(settings)
    token = prepare(settings, services)
    if new_admin_token and token is None:
        token = services.authentication.issue_admin_token()
    if token is not None:
        save_credential(settings.url, token)
    _greet(settings, token, say)
    if settings.workers == 1:
        uvicorn.Server(uvicorn.Config(create_app(settings, services), **options)).run()
        return
    services.close()
    _hand_down(settings)
    with tempfile.TemporaryDirectory(prefix="modelkeep-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        uvicorn.run("modelkeep.app.server:from_environment", factory=True, workers=settings.workers, **options)


def _check_address(settings: Settings) -> None:
    """Refuse an address in use before anything is made: a token for a server that never answers helps nobody."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.create_server(address[:2], family=family):
            return
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise AddressUnavailableError(
            f"cannot listen on {settings.host} port {settings.port} ({reason}): stop the program that does, or choose "
            "another port with --port"
        ) from error


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "http": partial(PunctualHeadProtocol, head_seconds=settings.head_seconds),
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": settings.behind_proxy,
        "forwarded_allow_ips": settings.proxies,
        "ssl_certfile": settings.tls_certificate or None,
        "ssl_keyfile": settings.tls_key or None,
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "h11_max_incomplete_event_size": 64 * 1024,
    }


def _hand_down(settings: Settings) -> None:
    """Put every setting into the environment that worker processes start with."""
    for item in fields(settings):
        value = getattr(settings, item.name)
        os.environ[PREFIX + item.name.upper()] = str(value)


def _greet(settings: Settings, token: str | None, say: Say) -> None:
    say(f"Modelkeep serves {settings.url}  (reference: {settings.url}/docs)")
    say(f"  data: {settings.data_dir}   stop: Ctrl-C")
    if token is not None:
        say("  This registry's administrator token is stored for the command line of this machine.")
        say(f"  Elsewhere: modelkeep login --url {settings.url} --token {token}   (shown only now)")
    elif not _is_logged_in(settings):
        say("  The command line here has no token for it: 'modelkeep login', or 'modelkeep serve --new-admin-token'.")
    say("  Next, in another shell: modelkeep push PATH MODEL")
    if not settings.is_local and not settings.tls_certificate and not settings.behind_proxy:
        say(
            f"  WARNING: {settings.host} can be reached from other machines without TLS: tokens can be overheard. "
            "Give --tls-certificate and --tls-key, or --behind-proxy when a proxy in front does TLS."
        )


def _is_logged_in(settings: Settings) -> bool:
    try:
        return find_credential(settings.url) is not None
    except RegistryError:
        return False


def migrate(settings: Settings, say: Say) -> None:
    """Bring the schema of the database up to date, and say what was done.

    Raises:
        RegistryError: the database cannot be used, or is newer than this program.
    """
    if settings.database_url.startswith("sqlite:///"):
        Path(settings.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engines = open_engines(settings.database_url, pool_size=1)
    try:
        with schema.locked_schema(engines) as connection:
            before, after = schema.migrate(connection)
    finally:
        engines.dispose()
    say(f"the database is at {after} already" if before == after else f"the database went from {before} to {after}")


def check_log(settings: Settings, say: Say, *, repair: bool) -> None:
    """Compute the tree of the audit log anew, and say what in the database does not fit.

    Raises:
        TamperedLogError: something does not.
    """
    services = build(settings)
    try:
        found = 0
        for fault in services.log.check.check(repair=repair):
            say(fault)
            found += 1
        size = services.audit_reader.size()
    finally:
        services.close()
    if found:
        raise TamperedLogError(f"{found} things do not fit in the audit log of {size} entries")
    say(f"all of the audit log's {size} entries, its tree and its checkpoints fit")


def set_admin_password(settings: Settings, password: str, say: Say) -> None:
    """Set the password of the local administrator.

    Raises:
        RegistryError: it is too short, or the database cannot be used.
    """
    services = build(settings)
    try:
        name = services.passwords.set(password)
    finally:
        services.close()
    say(f"{name} can log in with the password now.")


def remove_admin_password(settings: Settings, say: Say) -> None:
    """Remove the password of the local administrator.

    Raises:
        RegistryError: the database cannot be used.
    """
    services = build(settings)
    try:
        removed = services.passwords.remove()
    finally:
        services.close()
    say("The administrator has no password any more." if removed else "The administrator had no password.")
