"""Events of policies."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import (
    DIGEST,
    INTEGER,
    TEXT,
    EventType,
    Schema,
    SubjectForm,
    list_of,
    nullable,
)
from modelkeep.domains.audit.domain.vocabulary.subjects import SCOPE

_POLICY: Final = SubjectForm("name of the policy", "[a-z0-9][a-z0-9._-]*")
_ASSIGNMENT: Final[dict[str, Schema]] = {
    "assignment_id": TEXT,
    "scope": TEXT,
    "policy": TEXT,
    "number": INTEGER,
    "digest": DIGEST,
}

POLICIES: Final = (
    EventType(
        "governance.policy_published",
        _POLICY,
        "A version of a policy was published; it never changes. The digest is that of its document.",
        data={"policy": TEXT, "number": INTEGER, "digest": DIGEST, "stages": list_of(TEXT)},
    ),
    EventType(
        "governance.policy_assigned",
        SCOPE,
        "A version of a policy governs a scope from now on, where nothing more specific does.",
        data=_ASSIGNMENT | {"previous_policy": nullable(TEXT), "previous_number": nullable(INTEGER)},
        texts=("reason",),
    ),
    EventType(
        "governance.policy_unassigned",
        SCOPE,
        "A scope has no policy of its own any more: that of the wider scope governs it.",
        data=_ASSIGNMENT,
        texts=("reason",),
    ),
)
