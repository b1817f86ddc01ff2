"""Events of logging in, and of CI jobs that get tokens."""

from typing import Final

from modelkeep.domains.audit.domain.event_types import INTEGER, TEXT, TIME, EventType, Schema, SubjectForm, list_of
from modelkeep.domains.audit.domain.vocabulary.subjects import PRINCIPAL

_PROVIDER: Final = SubjectForm("name of the login provider", "[a-z0-9-]+")
_PUBLISHER: Final = SubjectForm("name of the publisher", "[a-z0-9-]+")
_OF_PUBLISHER: Final[dict[str, Schema]] = {
    "publisher_id": TEXT,
    "kind": TEXT,
    "issuer": TEXT,
    "role": TEXT,
    "scopes": list_of(TEXT),
    "principal_id": TEXT,
}

LOGINS: Final = (
    EventType(
        "access.login_provider_created",
        _PROVIDER,
        "People can log in with a provider.",
        data={"issuer": TEXT, "revision": INTEGER},
    ),
    EventType(
        "access.login_provider_updated",
        _PROVIDER,
        "What was decided of a login provider was replaced.",
        data={"issuer": TEXT, "revision": INTEGER},
    ),
    EventType(
        "access.login_provider_deleted", _PROVIDER, "Nobody can log in with a provider any more.", data={"issuer": TEXT}
    ),
    EventType(
        "access.identity_linked",
        PRINCIPAL,
        "Somebody who logged in with a provider for the first time became, or was found to be, a user.",
        data={"provider": TEXT},
    ),
    EventType("access.user_logged_in", PRINCIPAL, "A user logged in with a provider.", data={"provider": TEXT}),
    EventType("access.publisher_created", _PUBLISHER, "CI jobs were trusted to act with a role.", data=_OF_PUBLISHER),
    EventType("access.publisher_deleted", _PUBLISHER, "CI jobs are not trusted any more.", data=_OF_PUBLISHER),
    EventType(
        "access.ci_token_minted",
        PRINCIPAL,
        "A CI job got a token for an identity token; `unknown_claims` are those of its claims that nobody checks.",
        data={"publisher_id": TEXT, "token_id": TEXT, "expires_at": TIME, "unknown_claims": list_of(TEXT)},
        texts=("subject",),
    ),
)
