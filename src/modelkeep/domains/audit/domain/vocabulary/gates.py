"""Events of gates."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import BOOLEAN, TEXT, TIME, EventType, Schema, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import MODEL, VERSION

_OF_WAIVER: Final[dict[str, Schema]] = {
    "waiver_id": TEXT,
    "gate_id": TEXT,
    "model_id": TEXT,
    "version_id": nullable(TEXT),
    "expires_at": TIME,
}
_OF_CHECK: Final[dict[str, Schema]] = {"check_id": TEXT, "gate_id": TEXT, "version_id": TEXT}

GATES: Final = (
    EventType(
        "governance.gate_waived",
        MODEL,
        "Somebody took it upon them that a gate does not hold, for a version or, without one, for the whole model.",
        data=_OF_WAIVER,
        texts=("reason",),
    ),
    EventType(
        "governance.waiver_ended",
        MODEL,
        "A waiver was ended before it expired; its gate blocks again.",
        data=_OF_WAIVER,
    ),
    EventType(
        "governance.waiver_expired",
        MODEL,
        "The time of a waiver is over; its gate blocks again since then.",
        data=_OF_WAIVER,
    ),
    EventType(
        "governance.external_check_asked",
        VERSION,
        "Another system was asked about a version: a token was made by which it answers once.",
        data={**_OF_CHECK, "expires_at": TIME},
    ),
    EventType(
        "governance.external_check_answered",
        VERSION,
        "Another system has answered for a gate of a version.",
        data={**_OF_CHECK, "passed": BOOLEAN},
        texts=("details",),
    ),
)
