"""The few pages that the server writes itself: to log in, and to approve a login of the command line.

They run no script and load nothing. Everything that comes from elsewhere is escaped.
"""

import secrets
from collections.abc import Sequence
from html import escape
from typing import Final

from fastapi.responses import HTMLResponse

_STYLE: Final = """
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }
  input, button, .button { font: inherit; padding: .4em .8em; margin: .2em 0 }
  .button { display: inline-block; border: 1px solid; border-radius: .3em; text-decoration: none; color: inherit }
  code { font: 1.3em ui-monospace, monospace; letter-spacing: .1em }
"""


def page(title: str, body: str, *, forms_to: Sequence[str] = (), status: int = 200) -> HTMLResponse:
    """Return a page; `body` is HTML, `forms_to` are the origins a form may lead to besides this server."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
        + " ".join(("form-action 'self'", *forms_to))
    )
    document = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)} - Modelkeep</title>\n"
        f'<style nonce="{nonce}">{_STYLE}</style>\n<h1>{escape(title)}</h1>\n{body}\n</html>\n'
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
    }
    return HTMLResponse(document, status, headers)


def paragraph(text: str) -> str:
    """Return a paragraph of text."""
    return f"<p>{escape(text)}</p>"


def link(address: str, text: str) -> str:
    """Return a link that looks like a button."""
    return f'<p><a class="button" href="{escape(address)}">{escape(text)}</a></p>'


def hidden(**fields: str) -> str:
    """Return fields that a form sends along."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )


def form(action: str, inside: str) -> str:
    """Return a form that is sent to an address of this server; `inside` is HTML."""
    return f'<form method="post" action="{escape(action)}">{inside}</form>'


def buttons(yes: str, no: str) -> str:
    """Return the two buttons of a decision; the form's field `decision` is `approve` or `refuse`."""
    return (
        f'<button name="decision" value="approve">{escape(yes)}</button> '
        f'<button name="decision" value="refuse">{escape(no)}</button>'
    )
