"""What a database can do to a use case, in the registry's own kinds of error."""

from sqlalchemy import exc

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

_RETRY = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
_TOO_SLOW = "57014"  # query cancelled by statement_timeout
_STOPPED = "interrupted"  # SQLite's whole message


class DatabaseUnavailableError(RegistryError):
    """The database does not answer, or cannot write."""

    kind = Kind.UNAVAILABLE
    code = "database.unavailable"


class DatabaseBusyError(RegistryError):
    """The database did not get round to this request in time."""

    kind = Kind.UNAVAILABLE
    code = "database.busy"


class QueryTooSlowError(RegistryError):
    """A query ran into the statement time-out."""

    kind = Kind.LIMIT_EXCEEDED
    code = "database.query_too_slow"


class ConcurrentWriteError(RegistryError):
    """Two requests wrote the same thing at the same moment, and this one lost."""

    kind = Kind.CONFLICT
    code = "database.concurrent_write"


class SchemaError(RegistryError):
    """The schema of the database and this program do not fit."""

    kind = Kind.UNAVAILABLE
    code = "database.schema"


def translate(error: exc.SQLAlchemyError) -> RegistryError | None:
    """Return the error a caller should see, or None when it is a defect of this program."""
    if isinstance(error, exc.TimeoutError):
        return DatabaseBusyError("the database is busy: all connections are in use; try again in a moment")
    if isinstance(error, exc.IntegrityError):
        return ConcurrentWriteError("somebody else changed the same record at the same moment; read it and try again")
    if isinstance(error, exc.DataError):
        return InvalidValueError("a value cannot be stored: text must not hold NUL, and integers must fit 64 bits")
    if isinstance(error, exc.DBAPIError):
        return _operational(error)
    return None


def _operational(error: exc.DBAPIError) -> RegistryError | None:
    state = getattr(error.orig, "sqlstate", None)
    if state == _TOO_SLOW or str(error.orig) == _STOPPED:
        return QueryTooSlowError("the query took too long and was stopped; narrow the filter or ask for a smaller page")
    if state in _RETRY or "is locked" in str(error.orig):
        return DatabaseBusyError("the database is busy with another change; try again in a moment")
    if isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated:
        return DatabaseUnavailableError(
            "the database cannot be used right now; nothing was changed. Try again; the server's log says more"
        )
    return None
