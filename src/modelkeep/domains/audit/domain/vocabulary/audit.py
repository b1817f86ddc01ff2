"""Events of the audit log about itself."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import BOOLEAN, INTEGER, TEXT, TIME, EventType, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import ANYTHING, PRINCIPAL, SCOPE

AUDIT: Final = (
    EventType(
        "audit.log_exported",
        SCOPE,
        "Entries of the audit log were handed out as a file; what was left out of it is null.",
        data={
            "format": TEXT,
            "entries_before": INTEGER,
            "personal": BOOLEAN,
            "type": nullable(TEXT),
            "since": nullable(TIME),
            "until": nullable(TIME),
        },
        texts=("actor", "subject", "request"),
    ),
    EventType(
        "audit.texts_erased",
        ANYTHING,
        "Texts behind the commitments of entries were erased; the entries and their hashes stay.",
        data={"texts": INTEGER},
        texts=("reason", "fields"),
    ),
    EventType(
        "audit.principal_erased",
        PRINCIPAL,
        "The name of a principal was erased, with the texts of all entries it made or that are about it.",
        data={"texts": INTEGER},
        texts=("reason",),
    ),
    EventType(
        "audit.hold_placed",
        SCOPE,
        "A legal hold was placed: nothing about the scope is erased or pruned.",
        data={"hold_id": TEXT},
        texts=("reason",),
    ),
    EventType("audit.hold_released", SCOPE, "A legal hold ended.", data={"hold_id": TEXT}, texts=("reason",)),
    EventType(
        "audit.entries_pruned",
        SCOPE,
        "Retention let the bodies go of entries below a number; their hashes stay.",
        data={"before_seq": INTEGER, "entries": INTEGER},
    ),
)
