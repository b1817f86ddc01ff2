"""Logins of the command line within one transaction."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from modelkeep.domains.access.domain.openid.terminals import DeviceLogin, LoginCode
from modelkeep.domains.access.tables.logins import DEVICE_LOGIN, LOGIN_CODE
from modelkeep.kernel.identity import PrincipalId
from modelkeep.platform.database import AnyRow, Transaction


class TerminalRepository:
    """Logins of the command line within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add_device(self, login: DeviceLogin) -> None:
        """Store a login that waits for an approval."""
        values = {
            "device_digest": login.device_digest,
            "user_code": login.user_code,
            "label": login.label,
            "interval": login.interval,
            "polled_at": None,
            "principal_id": None,
            "denied": False,
            "expires_at": login.expires_at,
        }
        self._session.execute(insert(DEVICE_LOGIN), values)

    def find_device(self, device_digest: str) -> DeviceLogin | None:
        """Return the login of a device code, or None."""
        query = select(*DEVICE_LOGIN.c).where(DEVICE_LOGIN.c.device_digest == device_digest).with_for_update()
        row = self._session.execute(query).one_or_none()
        return None if row is None else _device(row)

    def find_waiting(self, user_code: str, now: datetime) -> DeviceLogin | None:
        """Return the login that waits under a user code, or None."""
        row = self._session.execute(
            select(*DEVICE_LOGIN.c).where(
                DEVICE_LOGIN.c.user_code == user_code,
                DEVICE_LOGIN.c.expires_at > now,
                DEVICE_LOGIN.c.principal_id.is_(None),
                DEVICE_LOGIN.c.denied.is_(False),
            )
        ).one_or_none()
        return None if row is None else _device(row)

    def decide(self, login: DeviceLogin, principal: PrincipalId | None) -> bool:
        """Store who has approved it, or with None that it is refused; return whether nobody had decided before."""
        decided = self._session.execute(
            update(DEVICE_LOGIN)
            .where(
                DEVICE_LOGIN.c.device_digest == login.device_digest,
                DEVICE_LOGIN.c.principal_id.is_(None),
                DEVICE_LOGIN.c.denied.is_(False),
            )
            .values(principal_id=principal, denied=principal is None)
            .returning(DEVICE_LOGIN.c.device_digest)
        )
        return decided.one_or_none() is not None

    def save_question(self, login: DeviceLogin) -> None:
        """Store when it was asked for last, and how long to wait from then on."""
        self._session.execute(
            update(DEVICE_LOGIN)
            .where(DEVICE_LOGIN.c.device_digest == login.device_digest)
            .values(polled_at=login.polled_at, interval=login.interval)
        )

    def remove_device(self, login: DeviceLogin) -> None:
        """Forget a login that is finished."""
        self._session.execute(delete(DEVICE_LOGIN).where(DEVICE_LOGIN.c.device_digest == login.device_digest))

    def add_code(self, code: LoginCode) -> None:
        """Store a code that a browser has been given."""
        values = {
            "code_digest": code.code_digest,
            "challenge": code.challenge,
            "label": code.label,
            "principal_id": code.principal_id,
            "expires_at": code.expires_at,
        }
        self._session.execute(insert(LOGIN_CODE), values)

    def take_code(self, code_digest: str) -> LoginCode | None:
        """Return a code, and forget it: it counts once, whoever shows it."""
        row = self._session.execute(
            delete(LOGIN_CODE).where(LOGIN_CODE.c.code_digest == code_digest).returning(*LOGIN_CODE.c)
        ).one_or_none()
        if row is None:
            return None
        return LoginCode(row.code_digest, row.challenge, row.label, PrincipalId(row.principal_id), row.expires_at)


def _device(row: AnyRow) -> DeviceLogin:
    return DeviceLogin(
        device_digest=row.device_digest,
        user_code=row.user_code,
        label=row.label,
        expires_at=row.expires_at,
        interval=row.interval,
        polled_at=row.polled_at,
        principal_id=None if row.principal_id is None else PrincipalId(row.principal_id),
        denied=row.denied,
    )
