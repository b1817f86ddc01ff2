"""Packages that come with an extra of the installation only."""

from collections.abc import Iterator
from contextlib import contextmanager

from modelkeep.kernel.errors import InvalidValueError


class ExtraMissingError(InvalidValueError):
    """A package that this needs comes with an extra of the installation."""

    code = "client.extra_missing"


@contextmanager
def verify_extra() -> Iterator[None]:
    """Import within this what needs the extra `verify`.

    Raises:
        ExtraMissingError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ExtraMissingError(f"{error.name} is missing: pip install 'modelkeep[verify]'") from None
