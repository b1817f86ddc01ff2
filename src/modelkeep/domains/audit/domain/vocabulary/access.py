"""Events of access control."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import TEXT, EventType, list_of
from modelkeep.domains.audit.domain.vocabulary.subjects import PRINCIPAL

ACCESS: Final = (
    EventType(
        "access.principal_created",
        PRINCIPAL,
        "Somebody or something that can act was added.",
        data={"roles": list_of(TEXT)},
    ),
    EventType(
        "access.token_created",
        PRINCIPAL,
        "A token was issued.",
        data={"token_id": TEXT, "kind": TEXT},
    ),
)
