"""Logs: for people on a console, or one JSON object a line; each line names its request."""

import logging
import logging.config
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

current_request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being served, for the log."""

_CONSOLE = "%(asctime)s %(levelname)-7s %(name)s %(message)s %(request_id)s"


class _RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        vars(record).pop("color_message", None)  # uvicorn's second copy of the message, with codes for a terminal
        return True


def configure_logging(*, json: bool, level: str) -> None:
    """Write the log of this process to standard error, in one format for every library."""
    handler = logging.StreamHandler()
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
    for name in ("alembic", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
