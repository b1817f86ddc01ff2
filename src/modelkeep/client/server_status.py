"""How a server is, as anybody can ask it: no credential is needed, and nothing is tried twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from modelkeep.client.answers import read_answer
from modelkeep.client.errors import UnexpectedAnswerError
from modelkeep.client.http import HttpSession
from modelkeep.client.lean_httpx import httpx

_TITLE = "Modelkeep"


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What a server says of itself.

    `checks` names what it depends on, and `ok` or what is wrong with it. `clock_skew` is how far its clock is ahead of
    this machine's, to about a second; None where it does not tell the time.
    """

    version: str
    ready: bool
    checks: Mapping[str, str]
    clock_skew: timedelta | None


def server_status(url: str) -> ServerStatus:
    """Ask a server how it is.

    Raises:
        ServerUnreachableError: there was no answer.
        UnexpectedAnswerError: whatever answers is no such server.
    """
    session = HttpSession(url, None)
    try:
        asked = datetime.now(UTC)
        ready = session.look("/readyz")
        answered = datetime.now(UTC)
        description = session.look("/openapi.json")
    finally:
        session.close()
    info = read_answer(description).find("info") if description.is_success else None
    if info is None or info.find_text("title") != _TITLE:
        raise UnexpectedAnswerError(f"What answers at {url} is no {_TITLE} server: check MODELKEEP_URL.")
    checks = {name: str(state) for name, state in read_answer(ready).mapping("checks").items()}
    return ServerStatus(info.text("version"), ready.is_success, checks, _skew(ready, asked + (answered - asked) / 2))


def _skew(response: httpx.Response, at: datetime) -> timedelta | None:
    """Compare the Date of an answer, which is cut to whole seconds, with the time it was given at."""
    try:
        told = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    skew = told + timedelta(seconds=0.5) - at
    return timedelta(0) if abs(skew) <= timedelta(seconds=1) else skew
