"""What the answers of all routes share."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.events import Receipt, Recorded
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page

V = TypeVar("V")
O = TypeVar("O")  # noqa: E741 - O for output

Timestamp = Annotated[
    datetime, PlainSerializer(lambda at: timestamp(at.astimezone(UTC)), return_type=str, when_used="json")
]
"""A time in UTC, RFC 3339 with microseconds."""

Names = Mapping[str, str]
"""The names people know principals by."""


class In(BaseModel):
    """A request body: a field that nobody declared is refused, so that a typing error is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class PrincipalOut(Out):
    """Somebody or something that acted."""

    id: str
    name: str

    @classmethod
    def of(cls, principal: PrincipalId, names: Names) -> Self:
        """Present a principal."""
        return cls(id=principal, name=names.get(principal, principal))


class ReceiptOut(Out):
    """Where the change stands in the audit log: the entry's place and the hash of its leaf."""

    seq: int
    leaf_hash: str
    proof: str = Field(description="Where the proof that it is in the log can be had")

    @classmethod
    def of(cls, receipt: Receipt | None) -> Self | None:
        """Present a receipt; None when nothing had to change."""
        if receipt is None:
            return None
        return cls(seq=receipt.seq, leaf_hash=receipt.leaf_hash, proof=f"/api/v1/audit/entries/{receipt.seq}/proof")


class ListOut(Out, Generic[O]):
    """One page of a list."""

    items: list[O]
    next_page_token: str | None


def page_out(page: Page[V], present: Callable[[V], O]) -> dict[str, Any]:
    """Present a page; the route's declared answer does the rest."""
    return {"items": [present(item) for item in page.items], "next_page_token": page.next_token}


def status_of(recorded: Recorded[Any]) -> int:
    """Return 201 for something new, 200 where the request found it done already."""
    return 201 if recorded.receipt is not None else 200
