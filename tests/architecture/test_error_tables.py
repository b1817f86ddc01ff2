"""Every kind of failure has a translation in every facade; every error has a kind and a stable code of its own."""

import importlib
import pkgutil
import re
from collections import Counter

import modelkeep
from modelkeep.api.rest.errors import STATUS
from modelkeep.cli.errors import EXIT_CODES, INTERRUPTED, UNEXPECTED
from modelkeep.kernel.errors import Kind, RegistryError

CODE = re.compile(r"[a-z]+\.[a-z]+(_[a-z]+)*")
CLIENT_SIDE = "modelkeep.client."
"""The client's errors by kind have no code of their own: they carry the server's."""


def test_rest_translates_every_kind() -> None:
    assert set(STATUS) == set(Kind)
    assert all(400 <= status <= 599 for status in STATUS.values())


def test_the_command_line_translates_every_kind() -> None:
    assert set(EXIT_CODES) == set(Kind)
    assert len(set(EXIT_CODES.values())) == len(Kind), "a script tells kinds apart by these codes"
    assert {0, UNEXPECTED, INTERRUPTED}.isdisjoint(EXIT_CODES.values())


def test_every_error_has_a_kind_and_a_code_that_names_a_fact_of_its_domain() -> None:
    wrong = [
        f"{error.__module__}.{error.__qualname__}"
        for error in _errors()
        if getattr(error, "kind", None) not in set(Kind) or not CODE.fullmatch(getattr(error, "code", ""))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_two_errors_share_a_code() -> None:
    codes = Counter(error.code for error in _errors() if not error.__module__.startswith(CLIENT_SIDE))
    assert not [code for code, times in codes.items() if times > 1]


def test_every_error_ends_in_error_and_says_what_it_means() -> None:
    wrong = [error.__qualname__ for error in _errors() if not (error.__name__.endswith("Error") and error.__doc__)]
    assert not wrong


def _errors() -> list[type[RegistryError]]:
    """Return every error class of the program."""
    for module in pkgutil.walk_packages(modelkeep.__path__, "modelkeep."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    found: list[type[RegistryError]] = []
    pending = [RegistryError]
    while pending:
        subclasses = pending.pop().__subclasses__()
        pending.extend(subclasses)
        found.extend(error for error in subclasses if error.__module__.startswith("modelkeep."))
    return found
