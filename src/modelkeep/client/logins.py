"""Logging in: what a command line asks of a registry before it has a token, and the identity tokens of CI jobs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

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


class LoginMethods(Connected):
    """What a registry object can do for somebody who has no token yet."""

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
        answer = httpx.get(
            url, params={"audience": audience}, headers={"Authorization": f"Bearer {token}"}, timeout=30
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise ServerUnreachableError(f"GitHub gives no identity token ({error}): try the job again.") from error
    return read_answer(answer).text("value")
