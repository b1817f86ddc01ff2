"""Events of access control."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import INTEGER, TEXT, TIME, EventType, Schema, list_of, nullable
from modelkeep.domains.audit.domain.vocabulary.subjects import GROUP, PRINCIPAL, ROLE, SCOPE

_BINDING: Final[dict[str, Schema]] = {
    "binding_id": TEXT,
    "subject_type": TEXT,
    "subject_id": TEXT,
    "role": TEXT,
    "scope": TEXT,
    "stage": TEXT,
    "expires_at": nullable(TIME),
}
_ROLE: Final[dict[str, Schema]] = {"permissions": list_of(TEXT), "revision": INTEGER}

ACCESS: Final = (
    EventType(
        "access.principal_created",
        PRINCIPAL,
        "Somebody or something that can act was added.",
        data={"roles": list_of(TEXT), "binding_id": TEXT, "kind": TEXT, "owner_id": nullable(TEXT)},
        optional=frozenset({"binding_id", "kind", "owner_id"}),
        texts=("name",),
    ),
    EventType("access.principal_disabled", PRINCIPAL, "A principal was disabled: it may do nothing any more."),
    EventType("access.group_created", GROUP, "A group was made.", texts=("name",)),
    EventType("access.group_deleted", GROUP, "A group was deleted: everybody left it.", texts=("name",)),
    EventType("access.role_created", ROLE, "A role was made.", data=_ROLE, texts=("description",)),
    EventType("access.role_updated", ROLE, "What a role grants was changed.", data=_ROLE, texts=("description",)),
    EventType("access.role_deleted", ROLE, "A role that nobody held was deleted.", data=_ROLE, texts=("description",)),
    EventType(
        "access.role_granted", SCOPE, "A role was given to a principal or a group.", data=_BINDING, texts=("reason",)
    ),
    EventType("access.role_revoked", SCOPE, "A role was taken back.", data=_BINDING, texts=("reason",)),
    EventType(
        "access.access_denied",
        SCOPE,
        "Somebody was refused something that changes the registry, or takes the log out of it; nothing was changed.",
        data={"permission": TEXT, "scope": TEXT},
    ),
    EventType(
        "access.token_created",
        PRINCIPAL,
        "A token was issued.",
        data={
            "token_id": TEXT,
            "kind": TEXT,
            "expires_at": TIME,
            "permissions": list_of(TEXT),
            "scopes": list_of(TEXT),
            "parent_id": nullable(TEXT),
        },
        texts=("name",),
    ),
    EventType(
        "access.token_revoked",
        PRINCIPAL,
        "A token was ended: somebody asked for it, it has leaked, or the token that it was made with was ended.",
        data={"token_id": TEXT, "kind": TEXT, "why": TEXT},
    ),
    EventType(
        "access.token_expiring",
        PRINCIPAL,
        "A token ends in so many days.",
        data={"token_id": TEXT, "expires_at": TIME, "days": INTEGER},
    ),
    EventType(
        "access.secret_key_changed",
        PRINCIPAL,
        "The servers have got a new secret key; both are known by their fingerprints.",
        data={"fingerprint": TEXT, "previous": TEXT},
    ),
    EventType("access.password_set", PRINCIPAL, "The local administrator got a new password."),
    EventType("access.password_removed", PRINCIPAL, "The local administrator has no password any more."),
    EventType(
        "access.login_failed",
        PRINCIPAL,
        "Somebody gave a wrong password for a user who has one.",
        data={"provider": TEXT},
    ),
    EventType(
        "access.session_opened",
        PRINCIPAL,
        "Somebody logged in with a browser.",
        data={"session_id": TEXT},
    ),
    EventType("access.session_ended", PRINCIPAL, "A browser's session was ended.", data={"session_id": TEXT}),
    EventType("access.group_member_added", GROUP, "Somebody joined a group.", data={"principal_id": TEXT}),
    EventType("access.group_member_removed", GROUP, "Somebody left a group.", data={"principal_id": TEXT}),
)
