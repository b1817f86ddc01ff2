"""The vocabulary of the audit log: every event there is. A new event is one entry in the module of its domain."""

from collections.abc import Mapping
from typing import Final

from modelkeep.domains.audit.domain.event_types import EventType, UndocumentedEventError
from modelkeep.domains.audit.domain.vocabulary.access import ACCESS
from modelkeep.domains.audit.domain.vocabulary.audit import AUDIT
from modelkeep.domains.audit.domain.vocabulary.cards import CARDS
from modelkeep.domains.audit.domain.vocabulary.catalog import CATALOG
from modelkeep.domains.audit.domain.vocabulary.content import CONTENT
from modelkeep.domains.audit.domain.vocabulary.events import EVENTS
from modelkeep.domains.audit.domain.vocabulary.gates import GATES
from modelkeep.domains.audit.domain.vocabulary.inspection import INSPECTION
from modelkeep.domains.audit.domain.vocabulary.log_keys import LOG_KEYS
from modelkeep.domains.audit.domain.vocabulary.logins import LOGINS
from modelkeep.domains.audit.domain.vocabulary.policies import POLICIES
from modelkeep.domains.audit.domain.vocabulary.promotion import PROMOTION
from modelkeep.domains.audit.domain.vocabulary.reserved import RESERVED
from modelkeep.domains.audit.domain.vocabulary.signatures import SIGNATURES

VOCABULARY: Final[Mapping[str, EventType]] = {
    kind.name: kind
    for kind in (
        *ACCESS,
        *AUDIT,
        *CARDS,
        *CATALOG,
        *CONTENT,
        *EVENTS,
        *INSPECTION,
        *GATES,
        *LOG_KEYS,
        *LOGINS,
        *POLICIES,
        *PROMOTION,
        *RESERVED,
        *SIGNATURES,
    )
}
"""Every event type, by its name in the log."""


def event_type(name: str) -> EventType:
    """Return the type of an event.

    Raises:
        UndocumentedEventError: the vocabulary does not have it.
    """
    known = VOCABULARY.get(name)
    if known is None:
        raise UndocumentedEventError(f"{name} is not in the vocabulary: add it in domains/audit/domain/vocabulary")
    return known
