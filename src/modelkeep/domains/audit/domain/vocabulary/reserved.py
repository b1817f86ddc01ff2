"""Names that are promised to later releases. Nothing records them yet; whoever does moves the entry to its domain."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import DECIMAL, INTEGER, TEXT, EventType
from modelkeep.domains.audit.domain.vocabulary.subjects import VERSION

RESERVED: Final = (
    EventType(
        "deployments.model_deployed",
        VERSION,
        "A version began to take traffic of an endpoint.",
        data={"version_id": TEXT, "number": INTEGER, "endpoint": TEXT, "share": DECIMAL},
        reserved=True,
    ),
)
