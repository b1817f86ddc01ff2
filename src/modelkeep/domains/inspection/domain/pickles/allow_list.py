"""Names that a pickle may use: those of which every call, with whatever arguments, only makes data."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from typing import Final, Self

from modelkeep.domains.inspection.domain.pickles.values import Global
from modelkeep.kernel.errors import InvalidValueError

_DATA: Final = files("modelkeep.domains.inspection.domain.pickles")
_NAME: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def _entries(file: str) -> frozenset[str]:
    lines = (line.partition("#")[0].strip() for line in _DATA.joinpath(file).read_text("utf-8").splitlines())
    return frozenset(line for line in lines if line)


SHIPPED: Final = _entries("allowed.txt")
"""`module.name`, exactly. Read while a sandbox can still open files."""
DANGEROUS: Final = _entries("dangerous.txt")
"""`module.name`, or `module.*` for all of a module and what is below it."""


@dataclass(frozen=True, slots=True)
class AllowList:
    """The names that ship with the registry, and those that an operator added."""

    added: frozenset[str] = frozenset()
    _all: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Put both together."""
        object.__setattr__(self, "_all", SHIPPED | self.added)

    @classmethod
    def parse(cls, names: Iterable[str]) -> Self:
        """Read an operator's names, `module.name` each.

        Raises:
            InvalidValueError: one is not such a name, or can run code whatever it is used for.
        """
        added = frozenset(names)
        for name in sorted(added):
            if not _NAME.fullmatch(name):
                raise InvalidValueError(f"{name!r} is no name of a class or function: write module.name.", name=name)
            if is_dangerous(Global(*name.rsplit(".", 1))):
                raise InvalidValueError(f"{name} runs what it is given; it cannot be allowed.", name=name)
        return cls(added)

    @property
    def digest(self) -> str:
        """Stands for the whole of the rules: a scan under other rules is another scan."""
        rules = "\n".join(["allowed", *sorted(self._all), "dangerous", *sorted(DANGEROUS)])
        return sha256(rules.encode()).hexdigest()

    def allows(self, name: Global) -> bool:
        """Say whether a name is on the list. A dotted name is none: it would reach through what is allowed."""
        return "." not in name.name and f"{name.module}.{name.name}" in self._all


def is_dangerous(name: Global) -> bool:
    """Say whether a name is known to run what it is given."""
    full = f"{name.module}.{name.name}"
    parts = full.split(".")
    return full in DANGEROUS or any(f"{'.'.join(parts[:depth])}.*" in DANGEROUS for depth in range(1, len(parts)))
