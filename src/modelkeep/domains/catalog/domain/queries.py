"""What is asked of a list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of a list: a filter, an order and whether deleted items are meant, each as text of the caller."""

    filter: str = ""
    order: str = ""
    deleted: bool = False

    def scope(self, name: str) -> str:
        """Return what a page token of this list is bound to."""
        return "\n".join((name, self.filter, self.order, str(self.deleted)))
