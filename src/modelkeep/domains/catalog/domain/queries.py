"""What is asked of a list."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.kernel.clock import timestamp


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of a list: a filter, an order and whether deleted items are meant, each as text of the caller.

    With `as_of`, what was there at that time, as it was then.
    """

    filter: str = ""
    order: str = ""
    deleted: bool = False
    as_of: datetime | None = None

    def scope(self, name: str) -> str:
        """Return what a page token of this list is bound to."""
        at = "" if self.as_of is None else timestamp(self.as_of)
        return "\n".join((name, self.filter, self.order, str(self.deleted), at))
