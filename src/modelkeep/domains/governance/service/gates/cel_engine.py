"""The expression engine of cel-cpp, with guards around what it does not survive.

A value that is nested some 20,000 deep ends the process, so it is only ever given snapshots, whose depth, numbers and
text are checked. Errors at run time come as values or as exceptions; either is a verdict without a value.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from modelkeep.domains.governance.domain.gates.engine import (
    ENVIRONMENT,
    MAX_EXPRESSION,
    ExpressionProblem,
    Reference,
    Verdict,
)
from modelkeep.domains.governance.domain.gates.facts import Snapshot
from modelkeep.domains.governance.service.gates.checked_expressions import references_in
from modelkeep.kernel.errors import Kind, RegistryError

_PROBLEM: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_ENDING: Final = re.compile(r"\s*\[[A-Z_]+\]$")
_STATUS: Final = re.compile(r"^[A-Z_]+: ")
_KEPT: Final = 1_000
_SHOWN: Final = 500


class EngineMissingError(RegistryError):
    """The expression engine cannot be loaded on this machine; gates that need it block."""

    kind = Kind.UNAVAILABLE
    code = "governance.engine_missing"


class CelEngine:
    """Checks and evaluates CEL; see `GateEngine`. Compiled expressions are kept, those used last."""

    def __init__(self) -> None:
        """Load nothing yet: the library is 50 MB, and not every registry has a `cel` gate."""
        self._compiled: Callable[[str], _Compiled] = lru_cache(maxsize=_KEPT)(_compile)

    def check(self, expression: str) -> tuple[ExpressionProblem, ...]:
        """Return what is wrong with an expression."""
        try:
            return self._compiled(expression).problems
        except EngineMissingError as error:
            return (ExpressionProblem(1, 1, error.message),)

    def references(self, expression: str) -> tuple[Reference, ...]:
        """Return what an expression names; nothing if it is refused."""
        with suppress(EngineMissingError):
            return self._compiled(expression).references
        return ()

    def evaluate(self, expression: str, facts: Snapshot, now: datetime) -> Verdict:
        """Return what an expression says of facts."""
        try:
            compiled = self._compiled(expression)
        except EngineMissingError as error:
            return Verdict(None, error.message)
        if compiled.run is None:
            return Verdict(None, compiled.problems[0].message)
        odd = _odd_metric(facts.value.get("metrics", {}))
        return Verdict(None, odd) if odd else compiled.run(_activation(facts.value, now))


class _Compiled:
    """An expression: what is wrong with it, or what it names and how it is run."""

    def __init__(
        self,
        problems: tuple[ExpressionProblem, ...],
        references: tuple[Reference, ...] = (),
        run: Callable[[Mapping[str, Any]], Verdict] | None = None,
    ) -> None:
        self.problems, self.references, self.run = problems, references, run


def _compile(expression: str) -> _Compiled:
    unreadable = _unreadable(expression)
    if unreadable:
        return _Compiled((ExpressionProblem(1, 1, unreadable),))
    cel, environment = _environment()
    try:
        program = environment.compile(expression)
        kind = program.return_type()
    except RuntimeError as error:
        return _Compiled(_problems(str(error), expression))
    if kind != cel.Type.BOOL:
        name = kind.name().lower()
        return _Compiled(
            (ExpressionProblem(1, 1, f"it is of type {name}; a gate asks for true or false, so compare it"),)
        )
    references = dict.fromkeys(found for found in references_in(program.serialize()) if found.path[0] in ENVIRONMENT)

    def run(activation: Mapping[str, Any]) -> Verdict:
        try:
            value = program.eval(data=activation)
            is_bool, found = value.type() == cel.Type.BOOL, value.value()
        except (RuntimeError, TypeError) as error:
            return Verdict(None, _plain(str(error)))
        return Verdict(bool(found)) if is_bool else Verdict(None, _plain(str(found)))

    return _Compiled((), tuple(references), run)


@lru_cache(maxsize=1)
def _environment() -> tuple[Any, Any]:
    """Load the library.

    Raises:
        EngineMissingError: there is none for this platform.
    """
    try:
        from cel_expr_python import cel  # type: ignore[import-untyped]  # noqa: PLC0415 - 50 MB; its types need protobuf
    except ImportError as error:
        raise EngineMissingError(
            f"the engine of `cel` gates cannot be loaded here ({error}): cel-expr-python has wheels for Linux, Windows "
            "and macOS on ARM; run the server on one of them"
        ) from None
    kinds = {
        "map": cel.Type.DYN,
        "map or null": cel.Type.DYN,
        "map(string, double)": cel.Type.Map(cel.Type.STRING, cel.Type.DOUBLE),
        "string": cel.Type.STRING,
        "timestamp": cel.Type.TIMESTAMP,
    }
    return cel, cel.NewEnv(variables={name: kinds[kind] for name, kind in ENVIRONMENT.items()})


def _unreadable(expression: str) -> str | None:
    """Return why an expression is not even given to the library."""
    try:
        size = len(expression.encode())
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair, which is no character"
    if "\0" in expression:
        return "it holds a NUL character"
    return f"it has {size} bytes; at most {MAX_EXPRESSION} are read" if size > MAX_EXPRESSION else None


def _odd_metric(metrics: object) -> str | None:
    """Return why metrics are none."""
    if not isinstance(metrics, Mapping):
        return "`metrics` is no mapping of names to numbers"
    odd = [name for name, value in metrics.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    return f"metric {odd[0]} is no number" if odd else None


def _activation(facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what the library is given: metrics are numbers with a fraction, whatever JSON made of them."""
    given = {name: value for name, value in facts.items() if name in ENVIRONMENT} | {"now": now}
    if "metrics" in given:
        given["metrics"] = {name: float(value) for name, value in given["metrics"].items()}
    return given


def _problems(text: str, expression: str) -> tuple[ExpressionProblem, ...]:
    """Read the messages of the library; a place before the beginning, as of an expression too deep, is the first."""
    found = [
        ExpressionProblem(max(int(line), 1), max(int(column), 1), _said(message, expression))
        for line, column, message in _PROBLEM.findall(text)
    ]
    return tuple(dict.fromkeys(found)) or (ExpressionProblem(1, 1, _plain(text)),)


def _said(message: str, expression: str) -> str:
    plain = _ENDING.sub("", message)[:_SHOWN]
    hint = (
        "; write metrics with a fraction, 1.0 and not 1" if "(double, int)" in plain and "metrics" in expression else ""
    )
    return plain + hint


def _plain(text: str) -> str:
    """Return the message without the status codes of the library."""
    return _STATUS.sub("", _ENDING.sub("", text))[:_SHOWN]
