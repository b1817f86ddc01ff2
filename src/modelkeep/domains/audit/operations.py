"""What higher domains ask of the log inside a transaction of their own."""

from collections.abc import Collection
from datetime import datetime

from modelkeep.domains.audit.repository import AuditRepository
from modelkeep.kernel.events import Receipt
from modelkeep.platform.database import Transaction


def receipts_of(tx: Transaction, wanted: Collection[tuple[str, datetime]]) -> dict[tuple[str, datetime], Receipt]:
    """Return, in one query, the audit entries that made facts so: for each subject and time, if there is one.

    The time is that of the event, `Event.at`: an interval whose `since` is the `at` of its event finds its entry by
    `(subject, since)`, such as `("fraud/scorer@champion", interval.since)`, and so does its end by `until`. The first
    stage of a version was made so by its registration: `("fraud/scorer:1.4.0", version.created_at)`. Entries made
    before schema 0003 and entries that retention has pruned are not found.

    Whoever has the receipt can ask for the entry and for its proof by its number.
    """
    return AuditRepository(tx.session).receipts(frozenset(wanted)) if wanted else {}


def receipt_of(tx: Transaction, subject: str, at: datetime) -> Receipt | None:
    """Return the one of `receipts_of` for a subject and a time, where there is no more than one to ask for."""
    return AuditRepository(tx.session).receipt(subject, at)
