"""Events of promotions: what was asked for, who answered, what moved."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import (
    INTEGER,
    TEXT,
    TIME,
    EventType,
    Schema,
    an_object,
    list_of,
    nullable,
)
from modelkeep.domains.audit.domain.vocabulary.subjects import VERSION

_REQUEST: Final[dict[str, Schema]] = {
    "request_id": TEXT,
    "version_id": TEXT,
    "number": INTEGER,
    "from_stage": TEXT,
    "to_stage": TEXT,
}
_BINDING: Final = an_object(
    {
        "manifest_digest": TEXT,
        "card_digest": TEXT,
        "training_data_digest": TEXT,
        "metrics_digest": TEXT,
        "evidence_digest": TEXT,
        "policy_digest": TEXT,
    }
)
_MOVE: Final[dict[str, Schema]] = {
    "version_id": TEXT,
    "revision": INTEGER,
    "number": INTEGER,
    "from_stage": TEXT,
    "to_stage": TEXT,
    "request_id": nullable(TEXT),
}
_APPROVALS: Final = list_of(an_object({"vote_id": TEXT, "step": TEXT, "voter": TEXT, "delegator": nullable(TEXT)}))
_PLACE: Final[dict[str, Schema]] = {"policy": TEXT, "policy_number": INTEGER, "replaced": list_of(INTEGER)}
_WHY: Final[dict[str, Schema]] = {
    **_PLACE,
    "manner": TEXT,
    "approvals": _APPROVALS,
    "binding": _BINDING,
}
_SOMETIMES: Final[dict[str, Schema]] = {
    "replaced_by": INTEGER,
    "overridden": list_of(TEXT),
    "reverts_at": TIME,
    "not_held": list_of(TEXT),
}

_REQUESTS: Final = (
    EventType(
        "governance.promotion_requested",
        VERSION,
        "Somebody asked that a version move to a stage.",
        data={**_REQUEST, "policy": TEXT, "policy_number": INTEGER, "expires_at": nullable(TIME)},
        texts=("reason",),
    ),
    EventType(
        "governance.promotion_withdrawn",
        VERSION,
        "A request for promotion was taken back.",
        data=_REQUEST,
        texts=("reason",),
    ),
    EventType(
        "governance.promotion_rejected",
        VERSION,
        "A request for promotion was closed by a vote against it.",
        data=_REQUEST,
    ),
    EventType(
        "governance.promotion_expired", VERSION, "A request for promotion was not answered in time.", data=_REQUEST
    ),
)
_VOTES: Final = (
    EventType(
        "governance.vote_cast",
        VERSION,
        "Somebody approved or rejected a request; `binding` is what the vote is bound to.",
        data={
            **_REQUEST,
            "vote_id": TEXT,
            "step": TEXT,
            "decision": TEXT,
            "delegator": nullable(TEXT),
            "terms": TEXT,
            "expires_at": nullable(TIME),
            "binding": _BINDING,
        },
        texts=("comment", "conditions"),
    ),
    EventType(
        "governance.vote_lapsed",
        VERSION,
        "A vote no longer counts, because what it is bound to is another now, or its time is over.",
        data={
            **_REQUEST,
            "vote_id": TEXT,
            "voter": TEXT,
            "why": TEXT,
            "differences": list_of(an_object({"what": TEXT, "before": TEXT, "after": TEXT})),
        },
    ),
)
_MOVES: Final = (
    EventType(
        "governance.version_promoted",
        VERSION,
        "A version moved to a stage. `manner` says how, `approvals` who answered, `binding` on what evidence; in an "
        "emergency `overridden` names what did not hold, and `reverts_at` when the version goes back.",
        data={**_MOVE, **_WHY, "overridden": list_of(TEXT), "reverts_at": TIME},
        optional=frozenset({"overridden", "reverts_at"}),
        texts=("reason",),
    ),
    EventType(
        "governance.version_replaced",
        VERSION,
        "A version left an exclusive stage that another one took.",
        data={**_MOVE, "replaced_by": INTEGER},
    ),
    EventType(
        "governance.model_archived",
        VERSION,
        "A version was moved to the stage Archived: by a request of its own, or as another took its stage.",
        data={**_MOVE, **_WHY, **_SOMETIMES},
        optional=frozenset({*_WHY, *_SOMETIMES}),
        texts=("reason",),
    ),
)
PROMOTION: Final = (*_REQUESTS, *_VOTES, *_MOVES)
