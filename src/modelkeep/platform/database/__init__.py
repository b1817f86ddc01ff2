"""Transactions over one SQL database: the only place that commits."""

from modelkeep.platform.database.base import Base, table_of
from modelkeep.platform.database.engine import Engines, open_engines
from modelkeep.platform.database.errors import (
    ConcurrentWriteError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    QueryTooSlowError,
    SchemaError,
)
from modelkeep.platform.database.transactions import (
    Database,
    EventSink,
    NestedTransactionError,
    Transaction,
    UnauditedWriteError,
)
from modelkeep.platform.database.types import AnyFound, AnyRow, AnySelect, UtcDateTime, json_document, ordered_text

__all__ = [
    "AnyFound",
    "AnyRow",
    "AnySelect",
    "Base",
    "ConcurrentWriteError",
    "Database",
    "DatabaseBusyError",
    "DatabaseUnavailableError",
    "Engines",
    "EventSink",
    "NestedTransactionError",
    "QueryTooSlowError",
    "SchemaError",
    "Transaction",
    "UnauditedWriteError",
    "UtcDateTime",
    "json_document",
    "open_engines",
    "ordered_text",
    "table_of",
]
