"""Parts of a reference that know where they stand in the whole, so that every error shows its place."""

from dataclasses import dataclass
from typing import NoReturn

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.excerpts import point_at


class InvalidReferenceError(InvalidValueError):
    """A reference, or a name in it, does not follow the grammar; `details["position"]` is where, 0-based."""

    code = "kernel.invalid_reference"


@dataclass(frozen=True, slots=True)
class Span:
    """The characters of `whole` from `start` to `end`; `advice` closes every error message about them."""

    whole: str
    start: int
    end: int
    advice: str = ""

    @classmethod
    def of(cls, text: str, advice: str = "") -> "Span":
        """Return the span that is the whole text."""
        return cls(text, 0, len(text), advice)

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.whole[self.start : self.end]

    def part(self, start: int, end: int | None = None) -> "Span":
        """Return a part; both offsets count from the start of this span, and the end is its end unless given."""
        return Span(self.whole, self.start + start, self.end if end is None else self.start + end, self.advice)

    def partition(self, separator: str) -> "tuple[Span | None, Span]":
        """Return what stands before the first separator, None if there is no separator, and the rest."""
        at = self.text.find(separator)
        return (None, self) if at < 0 else (self.part(0, at), self.part(at + len(separator)))

    def refuse(self, problem: str, at: int = 0) -> NoReturn:
        """Raise the error that states the problem and shows the place, an offset into this span.

        Raises:
            InvalidReferenceError: always.
        """
        position = self.start + at
        message = f"{problem}, at character {position + 1}:\n{point_at(self.whole, position)}{self.advice}"
        raise InvalidReferenceError(message, position=position)
