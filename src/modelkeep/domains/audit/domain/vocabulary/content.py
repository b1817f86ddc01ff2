"""Events of the access log: who read what content."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import DIGEST, INTEGER, TEXT, EventType, Schema
from modelkeep.domains.audit.domain.vocabulary.subjects import SCOPE, VERSION

_OF_VERSION: Final[dict[str, Schema]] = {"version_id": TEXT, "number": INTEGER, "manifest_digest": DIGEST}

CONTENT: Final = (
    EventType(
        "content.manifest_read",
        VERSION,
        "The manifest of a version was handed out.",
        data=_OF_VERSION,
        in_access_log=True,
    ),
    EventType(
        "content.file_opened",
        VERSION,
        "A file of a version was handed out, whole or in part, or as a presigned address.",
        data={**_OF_VERSION, "digest": DIGEST, "size": INTEGER},
        in_access_log=True,
    ),
    EventType(
        "content.blobs_opened",
        VERSION,
        "Many small files of a version were handed out at once.",
        data={**_OF_VERSION, "files": INTEGER, "size": INTEGER},
        in_access_log=True,
    ),
    EventType(
        "content.records_lost",
        SCOPE,
        "A server had more reads to record than it could write, and lost some.",
        data={"count": INTEGER},
        in_access_log=True,
    ),
)
