"""Logs: for people on a console, or one JSON object a line; each line names its request."""

import logging
import logging.config
from contextvars import ContextVar
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from modelkeep.kernel.redaction import redacted

current_request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being served, for the log."""

_CONSOLE = "%(asctime)s %(levelname)-7s %(name)s %(message)s %(request_id)s"


class _RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        vars(record).pop("color_message", None)  # uvicorn's second copy of the message, with codes for a terminal
        return True


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines to standard error without the secrets that somebody has sent in the wrong place."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def configure_logging(*, json: bool, level: str) -> None:
    """Write the log of this process to standard error, in one format for every library."""
    handler = _Handler()
    handler.addFilter(_RequestIdFilter())
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}{request_id}", style="{", rename_fields={"levelname": "level"}
        )
        if json
        else logging.Formatter(_CONSOLE)
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("alembic", "httpcore", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
