"""Events of the audit log about itself."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import BOOLEAN, INTEGER, TEXT, TIME, EventType, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import SCOPE

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
)
