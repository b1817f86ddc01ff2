"""SQL is built by SQLAlchemy from bound values: never text that is put together, never round the transaction."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import parsed, place, source_files

AROUND_THE_SESSION = frozenset({"connection", "raw_connection", "exec_driver_sql", "executescript"})
VERBATIM = frozenset({"text", "literal_column", "TextClause", "DDL"})
ENGINE = "engine.py"
"""The one file that tells the driver what to do: pragmas and the first statement of a transaction."""


def test_domains_and_facades_never_go_round_the_transaction() -> None:
    found = [
        f"{place(file, call)} .{call.func.attr}()"
        for file, call in _calls("domains", "api")
        if isinstance(call.func, ast.Attribute) and call.func.attr in AROUND_THE_SESSION
    ]
    assert not found, "\n".join(found)


def test_only_the_engine_speaks_to_the_driver() -> None:
    found = {
        file.name
        for file, call in _calls("platform", "app")
        if isinstance(call.func, ast.Attribute) and call.func.attr == "exec_driver_sql"
    }
    assert found <= {ENGINE}


def test_verbatim_sql_is_a_constant_wherever_it_stands() -> None:
    found = [
        f"{place(file, call)} {_name(call)}() takes something that is put together"
        for file, call in _calls()
        if _name(call) in VERBATIM and _imports_sqlalchemy(file) and not _is_constant(call)
    ]
    assert not found, "\n".join(found)


def test_no_statement_is_formatted() -> None:
    found = [
        place(file, node)
        for file in source_files("domains", "platform", "api")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.JoinedStr) and _reads_as_sql(node)
    ]
    assert not found, "\n".join(found)


def _calls(*folders: str) -> Iterator[tuple[Path, ast.Call]]:
    for file in source_files(*folders):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call):
                yield file, node


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr if isinstance(call.func.value, ast.Name) and call.func.value.id in ("sa", "op") else ""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_constant(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant)


def _imports_sqlalchemy(file: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for node in ast.walk(parsed(file))
    )


def _reads_as_sql(node: ast.JoinedStr) -> bool:
    first = node.values[0]
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return text.split(" ")[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "PRAGMA"}
