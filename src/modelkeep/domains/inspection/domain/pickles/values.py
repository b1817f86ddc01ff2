"""What is known of the values on a pickle's stack, without making any of them."""

from dataclasses import dataclass
from typing import Final, TypeAlias


class Unknown:
    """Any value that nothing depends on."""

    __slots__ = ()


OPAQUE: Final = Unknown()
"""Nothing is known of it."""
THING: Final = Unknown()
"""It is no text: a list, bytes, a fraction, an instance of a class."""
MOST_TEXT: Final = 512
MOST_MEMBERS: Final = 64


@dataclass(frozen=True, slots=True)
class Global:
    """What a pickle names: an attribute of a module."""

    module: str
    name: str


@dataclass(slots=True)
class Mapping:
    """A dictionary of few members with text as keys; `members` is None once it is more than that."""

    members: "dict[str, Value] | None"

    def put(self, key: "Value", value: "Value") -> None:
        """Set a member."""
        if self.members is not None and isinstance(key, str) and len(self.members) < MOST_MEMBERS:
            self.members[key] = value
        else:
            self.members = None


@dataclass(slots=True)
class DataType:
    """A dtype of NumPy: its name, and the state that was set on it, of which there may be one."""

    name: str | None
    state: "tuple[Value, ...] | None" = None

    def set_state(self, state: "Value") -> None:
        """Remember the state; another one, or one that is unknown, makes all of it unknown."""
        if self.state is not None or not isinstance(state, tuple):
            self.name = None
        else:
            self.state = state


@dataclass(slots=True)
class ArrayWrapper:
    """What joblib puts before the bytes of an array."""

    state: Mapping


Value: TypeAlias = Unknown | Global | Mapping | DataType | ArrayWrapper | str | int | tuple["Value", ...] | None
