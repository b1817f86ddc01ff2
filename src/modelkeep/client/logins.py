"""Logging in: what a command line asks of a registry before it has a token, and the identity tokens of CI jobs."""

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from modelkeep.client.answers import Answer, read_answer
from modelkeep.client.connection import Connected
from modelkeep.client.errors import InvalidSettingError, ServerUnreachableError
from modelkeep.client.http import Call
from modelkeep.client.lean_httpx import httpx

IDENTITY_VARIABLE: Final = "MODELKEEP_ID_TOKEN"
_GITHUB_URL: Final = "ACTIONS_ID_TOKEN_REQUEST_URL"
_GITHUB_TOKEN: Final = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable
_GITHUB: Final = "GITHUB_ACTIONS"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as it is issued: the only time that its secret can be read."""

    token: str = field(repr=False)
    token_id: str
    expires_at: datetime
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "IssuedToken":
        """Read what the server says."""
        return cls(answer.text("token"), answer.text("token_id"), answer.time("expires_at"), answer.document)


@dataclass(frozen=True, slots=True)
class LoginOffer:
    """A provider that people can log in with."""

    name: str
    title: str

    @classmethod
    def read(cls, answer: Answer) -> "LoginOffer":
        """Read what the server says."""
        return cls(answer.text("name"), answer.text("title"))


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A login to be approved in a browser anywhere; `interval` is in seconds."""

    device_code: str = field(repr=False)
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_at: datetime
    interval: int

    @classmethod
    def read(cls, answer: Answer) -> "DeviceLogin":
        """Read what the server says."""
        return cls(
            answer.text("device_code"),
            answer.text("user_code"),
            answer.text("verification_uri"),
            answer.text("verification_uri_complete"),
            answer.time("expires_at"),
            answer.integer("interval"),
        )


@dataclass(frozen=True, slots=True)
class BrowserLogin:
    """A login through the browser of this machine: where to send it, and what proves that the answer is for us."""

    address: str
    state: str
    verifier: str = field(repr=False)

    @classmethod
    def begin(cls, url: str, redirect_uri: str, label: str) -> "BrowserLogin":
        """Make the secrets of a login (RFC 7636), and the address of the page that approves it."""
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {"redirect_uri": redirect_uri, "state": state, "code_challenge": challenge, "label": label}
        return cls(f"{url}/login/terminal?{urlencode(asked)}", state, verifier)


class LoginMethods(Connected):
    """What a registry object can do for somebody who has no token yet."""

    def login_offers(self) -> tuple[LoginOffer, ...]:
        """Return the providers that people can log in with."""
        return tuple(map(LoginOffer.read, self._session.get("/login/offers").items("items")))

    def begin_device_login(self, label: str) -> DeviceLogin:
        """Ask for a login that is approved in a browser anywhere; `label` is what that page calls this machine."""
        return DeviceLogin.read(self._session.answer(Call("POST", "/login/devices", body={"label": label})))

    def finish_device_login(self, device_code: str) -> IssuedToken:
        """Return the token of an approved login.

        Raises:
            BlockedError: nobody has approved it yet; `details` has the seconds to wait as `interval`.
            ForbiddenError: somebody has refused it.
            UnauthenticatedError: it has expired, or was finished before.
        """
        return IssuedToken.read(
            self._session.answer(Call("POST", "/login/device-tokens", body={"device_code": device_code}))
        )

    def finish_browser_login(self, code: str, verifier: str) -> IssuedToken:
        """Return the token for the code that a browser of this machine has brought.

        Raises:
            UnauthenticatedError: the code is not for this login, has expired, or was used before.
        """
        return IssuedToken.read(
            self._session.answer(Call("POST", "/login/tokens", body={"code": code, "code_verifier": verifier}))
        )

    def ci_audience(self) -> str:
        """Return the audience that the identity token of a CI job must have for this registry."""
        return self._session.get("/ci/audience").text("audience")

    def mint_ci_token(self, identity_token: str, *, publisher: str | None = None) -> IssuedToken:
        """Exchange the identity token of a CI job for a token of a quarter of an hour.

        Raises:
            UnauthenticatedError: the identity token is not genuine, was used before, or is no publisher's.
        """
        body = {"identity_token": identity_token, "publisher": publisher}
        return IssuedToken.read(self._session.answer(Call("POST", "/ci/mint", body=body)))


def ci_identity_token(audience: str) -> str:
    """Return the identity token of the CI job that this program runs in.

    `MODELKEEP_ID_TOKEN` holds it where the CI puts it into a variable, as GitLab does; GitHub Actions is asked for it.

    Raises:
        InvalidSettingError: this is no CI job, or one without an identity token.
        ServerUnreachableError: GitHub does not give one.
    """
    if given := os.environ.get(IDENTITY_VARIABLE):
        return given
    url, token = os.environ.get(_GITHUB_URL), os.environ.get(_GITHUB_TOKEN)
    if not url or not token:
        missing = (
            "the job needs 'permissions: id-token: write'"
            if os.environ.get(_GITHUB)
            else f"set {IDENTITY_VARIABLE}, in GitLab by 'id_tokens: {IDENTITY_VARIABLE}: aud: {audience}'"
        )
        raise InvalidSettingError(f"There is no identity token of a CI job here: {missing}.")
    try:
        address = httpx.URL(url).copy_merge_params({"audience": audience})  # it has parameters of its own
        answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30).raise_for_status()
    except httpx.HTTPError as error:
        raise ServerUnreachableError(f"GitHub gives no identity token ({error}): try the job again.") from error
    return read_answer(answer).text("value")
