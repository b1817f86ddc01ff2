"""How `login` gets a token: through the browser of this machine, one elsewhere, or from the CI that it runs in."""

import getpass
import socket
import time
import webbrowser
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import click

from modelkeep.cli.output import hint
from modelkeep.cli.text import printable

if TYPE_CHECKING:
    from modelkeep.client.logins import IssuedToken
    from modelkeep.client.registry import Registry

WAIT_SECONDS: Final = 300
_DONE: Final = b"""<!doctype html><meta charset="utf-8"><title>Modelkeep</title>
<p>The command line has its answer. You can close this page."""


def machine() -> str:
    """Return what pages call this machine: user and host."""
    user = "somebody"
    with suppress(OSError, KeyError, ImportError):
        user = getpass.getuser()
    return f"{user}@{socket.gethostname()}"[:100]


def browser_login(registry: "Registry") -> "IssuedToken":
    """Log in through the browser of this machine, which brings a code back to a port of this program (RFC 8252).

    Raises:
        click.ClickException: nobody came back in time, or somebody refused.
        UnauthenticatedError: the code is not accepted.
    """
    from modelkeep.client.logins import BrowserLogin  # noqa: PLC0415 - loads the HTTP client

    with _Listener() as listener:
        login = BrowserLogin.begin(registry.settings.url, f"http://127.0.0.1:{listener.server_port}/", machine())
        hint(f"Log in and approve in your browser: {login.address}")
        hint("Without a browser on this machine: modelkeep login --device")
        # A browser in this terminal runs until it is left, and has to be answered meanwhile.
        Thread(target=webbrowser.open, args=(login.address,), daemon=True).start()
        answer = listener.wait(login.state)
    if "code" not in answer:
        raise click.ClickException("The login was refused in the browser.")
    return registry.finish_browser_login(answer["code"], login.verifier)


def device_login(registry: "Registry") -> "IssuedToken":
    """Show a code, and wait until somebody has typed it in a browser somewhere (RFC 8628).

    Raises:
        ForbiddenError: somebody has refused.
        UnauthenticatedError: nobody came in time.
    """
    from modelkeep.client.errors import BlockedError  # noqa: PLC0415 - not for --help

    login = registry.begin_device_login(machine())
    hint(f"Open {printable(login.verification_uri)} in a browser and enter {printable(login.user_code)}")
    hint(f"or open {printable(login.verification_uri_complete)}")
    interval = login.interval
    while True:
        time.sleep(interval)
        try:
            return registry.finish_device_login(login.device_code)
        except BlockedError as error:
            asked = error.details.get("interval")
            interval = asked if isinstance(asked, int) else interval


def ci_login(registry: "Registry", publisher: str | None) -> "IssuedToken":
    """Exchange the identity token of this CI job.

    Raises:
        InvalidSettingError: this is no CI job.
        UnauthenticatedError: the job is no publisher's.
    """
    from modelkeep.client.logins import ci_identity_token  # noqa: PLC0415 - loads the HTTP client

    return registry.mint_ci_token(ci_identity_token(registry.ci_audience()), publisher=publisher)


class _Listener(HTTPServer):
    """Waits on a port of this machine for the browser to come back."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.answer: dict[str, str] = {}

    def wait(self, state: str) -> dict[str, str]:
        """Return the answer that carries our state; whatever else knocks is ignored."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
            if self.answer.get("state") == state:
                return self.answer
        raise click.ClickException("Nobody has logged in: run 'modelkeep login' again.")


class _Answers(BaseHTTPRequestHandler):
    """Takes the browser's request."""

    timeout = 10
    server: _Listener

    def do_GET(self) -> None:
        """Keep the answer, and say that the page can be closed."""
        query = parse_qs(urlsplit(self.path).query)
        self.server.answer = {name: values[0] for name, values in query.items()}
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", str(len(_DONE)))
        self.end_headers()
        self.wfile.write(_DONE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name for it
        """Say nothing: the address holds the code."""
