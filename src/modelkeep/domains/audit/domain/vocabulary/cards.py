"""Events of model cards. What a card says never enters the log: its digest does."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import DIGEST, INTEGER, TEXT, EventType, Schema, list_of
from modelkeep.domains.audit.domain.vocabulary.subjects import NAMESPACE, VERSION

_ATTACHMENT: Final[dict[str, Schema]] = {"version_id": TEXT, "digest": DIGEST, "size": INTEGER, "media_type": TEXT}

CARDS: Final = (
    EventType(
        "cards.card_revised",
        VERSION,
        "The card of a version has a new revision; `sections` are those that changed.",
        data={"version_id": TEXT, "revision": INTEGER, "digest": DIGEST, "sections": list_of(TEXT)},
    ),
    EventType(
        "cards.attachment_added",
        VERSION,
        "A file was attached to the card of a version.",
        data=_ATTACHMENT,
        texts=("name", "alt"),
    ),
    EventType(
        "cards.attachment_removed",
        VERSION,
        "An attachment was taken from the card of a version.",
        data=_ATTACHMENT,
        texts=("name", "alt"),
    ),
    EventType(
        "cards.extra_schema_set",
        NAMESPACE,
        "A namespace asks of `extra`, in each card that changes from now on, what the schema of this digest says.",
        data={"revision": INTEGER, "digest": DIGEST},
    ),
    EventType(
        "cards.extra_schema_removed",
        NAMESPACE,
        "A namespace asks nothing of `extra` in its cards any more.",
        data={"revision": INTEGER},
    ),
)
