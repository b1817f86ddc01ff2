"""Events of the keys that sign the log."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import EventType, SubjectForm
from modelkeep.domains.audit.domain.log_keys import KEY_DATA

_LOG: Final = SubjectForm("name of the log", "[^ +]+")

LOG_KEYS: Final = (
    EventType(
        "audit.log_key_created",
        _LOG,
        "The log was given its first key; checkpoints from this size on are signed with it.",
        data=KEY_DATA,
    ),
    EventType(
        "audit.log_key_rotated",
        _LOG,
        "A new key signs the log, beside the older one until that is retired.",
        data=KEY_DATA,
    ),
    EventType(
        "audit.log_key_retired",
        _LOG,
        "A key signs no longer; it counts for no checkpoint larger than this size.",
        data={"vkey": KEY_DATA["vkey"], "valid_to": KEY_DATA["valid_from"]},
    ),
)
