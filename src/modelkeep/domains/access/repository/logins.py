"""Logins under way, the identities they end in, and tokens that count once: within one transaction."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from modelkeep.domains.access.domain.openid.identity_tokens import ExternalIdentity
from modelkeep.domains.access.domain.openid.logins import LoginAttempt
from modelkeep.domains.access.tables.logins import (
    DEVICE_LOGIN,
    IDENTITY,
    LOGIN_ATTEMPT,
    LOGIN_CODE,
    LOGIN_PROVIDER,
    USED_TOKEN,
)
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import Transaction


class LoginRepository:
    """Logins within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session, self._dialect = tx.session, tx.dialect

    def begin(self, attempt: LoginAttempt) -> None:
        """Store a login that was begun."""
        values = {
            "state_digest": attempt.state_digest,
            "browser_digest": attempt.browser_digest,
            "provider": attempt.provider,
            "return_to": attempt.return_to,
            "expires_at": attempt.expires_at,
        }
        self._session.execute(insert(LOGIN_ATTEMPT), values)

    def take(self, state_digest: str) -> LoginAttempt | None:
        """Return a login that was begun, and forget it: nobody can finish it a second time."""
        row = self._session.execute(
            delete(LOGIN_ATTEMPT).where(LOGIN_ATTEMPT.c.state_digest == state_digest).returning(*LOGIN_ATTEMPT.c)
        ).one_or_none()
        return None if row is None else LoginAttempt(*row)

    def find_user(self, issuer: str, subject: str) -> PrincipalId | None:
        """Return the user who is this identity, or None."""
        found = self._session.scalars(
            select(IDENTITY.c.principal_id).where(IDENTITY.c.issuer == issuer, IDENTITY.c.subject == subject)
        ).one_or_none()
        return None if found is None else PrincipalId(found)

    def find_users_by_email(self, email_digest: str, *, new_at: str) -> tuple[PrincipalId, ...]:
        """Return the users who have this verified e-mail; two are enough to know it is not one.

        What counts is said by other issuers than `new_at`, which has told the two apart, and only by those of providers
        whose e-mails link: nobody else's become somebody's by a login.
        """
        linking = select(LOGIN_PROVIDER.c.issuer).where(LOGIN_PROVIDER.c.link_by_email)
        rows = self._session.scalars(
            select(IDENTITY.c.principal_id)
            .where(IDENTITY.c.email_digest == email_digest, IDENTITY.c.issuer != new_at, IDENTITY.c.issuer.in_(linking))
            .distinct()
            .limit(2)
        )
        return tuple(PrincipalId(row) for row in rows)

    def add_identity(
        self, identity: ExternalIdentity, principal: PrincipalId, email_digest: str | None, at: datetime
    ) -> None:
        """Store that a user is this identity."""
        values = {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "principal_id": principal,
            "email_digest": email_digest,
            "since": at,
        }
        self._session.execute(insert(IDENTITY), values)

    def set_email(self, identity: ExternalIdentity, email_digest: str | None) -> None:
        """Store the e-mail that the provider has verified by now."""
        self._session.execute(
            update(IDENTITY)
            .where(
                IDENTITY.c.issuer == identity.issuer,
                IDENTITY.c.subject == identity.subject,
                IDENTITY.c.email_digest.is_distinct_from(email_digest),
            )
            .values(email_digest=email_digest)
        )

    def use(self, digest: str, forget_at: datetime) -> bool:
        """Remember a token that counts once; return whether this is the first time."""
        dialect = postgresql if self._dialect == "postgresql" else sqlite
        added = self._session.execute(
            dialect.insert(USED_TOKEN)
            .values(digest=digest, forget_at=forget_at)
            .on_conflict_do_nothing()
            .returning(USED_TOKEN.c.digest)
        )
        return added.one_or_none() is not None

    def forget_old(self, now: datetime) -> int:
        """Forget what has expired; return how many rows that was."""
        gone = 0
        for column in (
            LOGIN_ATTEMPT.c.expires_at,
            USED_TOKEN.c.forget_at,
            DEVICE_LOGIN.c.expires_at,
            LOGIN_CODE.c.expires_at,
        ):
            gone += len(self._session.execute(delete(column.table).where(column < now).returning(column)).all())
        return gone
