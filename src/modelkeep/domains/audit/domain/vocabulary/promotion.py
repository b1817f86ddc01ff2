"""Events of promotions: what was asked for, who answered, what moved."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import (
    BOOLEAN,
    DIGEST,
    INTEGER,
    TEXT,
    TIME,
    EventType,
    Schema,
    an_object,
    list_of,
    nullable,
)
from modelkeep.domains.audit.domain.vocabulary.subjects import SCOPE, VERSION

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
        "Somebody asked that a version move to a stage, or that the approvals be renewed by which it is there: then "
        "`renews` is the promotion that brought it there.",
        data={**_REQUEST, "policy": TEXT, "policy_number": INTEGER, "expires_at": nullable(TIME), "renews": TEXT},
        optional=frozenset({"renews"}),
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
        "governance.promotion_escalated",
        VERSION,
        "Steps of a request were not answered in time, and others may answer them now.",
        data={**_REQUEST, "roles": list_of(TEXT)},
    ),
    EventType(
        "governance.promotion_commented",
        VERSION,
        "Somebody commented on a request for promotion; the verdict is comment, approve or request_changes.",
        data={**_REQUEST, "comment_id": TEXT, "thread": TEXT, "verdict": TEXT},
        texts=("comment",),
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
            "expires_at": nullable(TIME),
            "binding": _BINDING,
        },
        texts=("comment", "conditions", "terms"),
    ),
    EventType(
        "governance.vote_lapsed",
        VERSION,
        "A vote no longer counts, because what it is bound to is another now, or its time is over; it may be one by "
        "which the version holds its stage.",
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
        "governance.promotion_renewed",
        VERSION,
        "The approvals were renewed by which a version holds a stage: `approvals` says who answered, `binding` on what "
        "evidence, `renews` which promotion brought it there. `stays` is true if that was an emergency, which "
        "would have ended by itself.",
        data={
            **_REQUEST,
            "policy": TEXT,
            "policy_number": INTEGER,
            "renews": TEXT,
            "approvals": _APPROVALS,
            "binding": _BINDING,
            "stays": BOOLEAN,
        },
        texts=("reason",),
    ),
    EventType(
        "governance.version_replaced",
        VERSION,
        "A version left an exclusive stage that another one took.",
        data={**_MOVE, "replaced_by": INTEGER},
    ),
    EventType(
        "governance.version_rolled_back",
        VERSION,
        "A version that had held a stage before took it again; `not_held` names what did not hold and did not stop it.",
        data={**_MOVE, **_PLACE, "not_held": list_of(TEXT)},
        texts=("reason",),
    ),
    EventType(
        "governance.stage_reverted",
        VERSION,
        "A version went back to the stage it held before a promotion in an emergency, whose time was over.",
        data={**_MOVE, **_PLACE},
    ),
    EventType(
        "governance.break_glass_ended",
        VERSION,
        "The time of a promotion in an emergency was over.",
        data=_REQUEST,
    ),
    EventType(
        "governance.promotion_reviewed",
        VERSION,
        "Somebody looked at a promotion in an emergency, or at a rollback, after the fact.",
        data={**_REQUEST, "verdict": TEXT, "due_at": TIME},
        texts=("comment",),
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
_DELEGATION: Final[dict[str, Schema]] = {
    "delegation_id": TEXT,
    "delegator": TEXT,
    "delegate": TEXT,
    "starts_at": TIME,
    "ends_at": TIME,
}
_DELEGATIONS: Final = (
    EventType(
        "governance.delegation_made",
        SCOPE,
        "Somebody lets somebody else answer requests in their place, for a time.",
        data=_DELEGATION,
        texts=("reason",),
    ),
    EventType("governance.delegation_ended", SCOPE, "A delegation was ended before its time.", data=_DELEGATION),
)
_DATA: Final = (
    EventType(
        "governance.data_withdrawn",
        SCOPE,
        "Data must not be used any longer; `data_digest` is the digest of the reference to it as versions write it.",
        data={"data_digest": DIGEST},
        texts=("reference", "reason"),
    ),
)
PROMOTION: Final = (*_DELEGATIONS, *_DATA, *_REQUESTS, *_VOTES, *_MOVES)
