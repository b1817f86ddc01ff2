"""Events of the inspection of content."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import DIGEST, INTEGER, TEXT, EventType, an_object, list_of, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import SCOPE, VERSION

_INSPECTION: Final = {
    "manifest_digest": DIGEST,
    "format": TEXT,
    "verdict": TEXT,
    "findings": INTEGER,
    "tools": list_of(an_object({"name": TEXT, "version": TEXT, "ruleset": TEXT})),
    "sandbox": TEXT,
}
INSPECTION: Final = (
    EventType(
        "inspection.allow_list_changed",
        SCOPE,
        "A server was started with other names that pickles may use: those that ship, and those its operator added.",
        data={"ruleset": TEXT, "previous_ruleset": nullable(TEXT), "added": list_of(TEXT)},
    ),
    EventType(
        "inspection.version_inspected",
        VERSION,
        "The content of a version was inspected: what it is, and what is to be thought of it. Each content once.",
        data=_INSPECTION,
    ),
    EventType(
        "inspection.version_rescanned",
        VERSION,
        "The content of a version was inspected again because somebody asked.",
        data={**_INSPECTION, "previous_verdict": nullable(TEXT)},
    ),
)
