"""Subscriptions and their secrets within one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, or_, select, update

from modelkeep.domains.access import Values, permitted_where
from modelkeep.domains.events.domain.selection import Selection
from modelkeep.domains.events.domain.subscriptions import DisabledReason, Subscription, SubscriptionKind
from modelkeep.domains.events.tables import SECRET, SUBSCRIPTION
from modelkeep.kernel.errors import StaleRevisionError
from modelkeep.kernel.identity import PrincipalId, PrincipalKind
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import BoundSelect, page_by_id

_COLUMNS: Final = tuple(column for column in SUBSCRIPTION.c if column.name != "target")
_PERMITTED: Final = select(*_COLUMNS).where(
    permitted_where(namespace=SUBSCRIPTION.c.namespace, model=SUBSCRIPTION.c.model)
)


class SubscriptionRepository:
    """Subscriptions within one transaction. Sealed texts go in and out as they are."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, subscription: Subscription, target: bytes) -> None:
        """Store a new subscription and its sealed address."""
        self._session.execute(insert(SUBSCRIPTION).values(id=subscription.id, target=target, **_values(subscription)))

    def find(self, identity: str) -> Subscription | None:
        """Return a subscription, or None."""
        row = self._session.execute(select(*_COLUMNS).where(SUBSCRIPTION.c.id == identity)).one_or_none()
        return None if row is None else _subscription(row)

    def list(self, page: PageRequest, values: Values) -> Page[Subscription]:
        """Return one page of the subscriptions that the actor in the values may read, the newest first."""
        permitted = BoundSelect(_PERMITTED, values)
        return page_by_id(self._session, permitted, request=page, scope="subscriptions", build=_subscription)

    def save(self, subscription: Subscription, target: bytes | None = None) -> None:
        """Store a changed subscription, and its address if that is another one.

        Raises:
            StaleRevisionError: another transaction has changed it meanwhile.
        """
        values = _values(subscription) | ({} if target is None else {"target": target})
        saved = self._session.execute(
            update(SUBSCRIPTION)
            .where(SUBSCRIPTION.c.id == subscription.id, SUBSCRIPTION.c.revision == subscription.revision - 1)
            .values(**values)
            .returning(SUBSCRIPTION.c.id)
        )
        if saved.one_or_none() is None:
            raise StaleRevisionError(f"subscription {subscription.name} has changed meanwhile; read it again and retry")

    def remove(self, identity: str) -> None:
        """Remove a subscription with its secrets and deliveries."""
        self._session.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.id == identity))

    def count(self) -> int:
        """Return how many there are."""
        number: int = self._session.execute(select(func.count()).select_from(SUBSCRIPTION)).scalar_one()
        return number

    def target(self, identity: str) -> bytes:
        """Return the sealed address."""
        sealed: bytes = self._session.execute(
            select(SUBSCRIPTION.c.target).where(SUBSCRIPTION.c.id == identity)
        ).scalar_one()
        return sealed

    def add_secret(self, subscription_id: str, identity: str, secret: bytes, now: datetime) -> None:
        """Store a further sealed secret."""
        values = {"id": identity, "subscription_id": subscription_id, "secret": secret, "created_at": now}
        self._session.execute(insert(SECRET).values(**values))

    def secrets(self, subscription_id: str, now: datetime) -> Sequence[bytes]:
        """Return the sealed secrets that are good now, the newest first."""
        good = or_(SECRET.c.expires_at.is_(None), SECRET.c.expires_at > now)
        mine = SECRET.c.subscription_id == subscription_id
        return self._session.scalars(select(SECRET.c.secret).where(mine, good).order_by(SECRET.c.id.desc())).all()

    def expire_secrets(self, subscription_id: str, until: datetime, now: datetime) -> None:
        """Let the secrets of a subscription end by `until`, and drop those that have ended."""
        mine = SECRET.c.subscription_id == subscription_id
        self._session.execute(delete(SECRET).where(mine, SECRET.c.expires_at <= now))
        longer = or_(SECRET.c.expires_at.is_(None), SECRET.c.expires_at > until)
        self._session.execute(update(SECRET).where(mine, longer).values(expires_at=until))


def _values(subscription: Subscription) -> dict[str, object]:
    reason = subscription.disabled_reason
    return {
        "name": subscription.name,
        "kind": subscription.kind.value,
        "shown_target": subscription.shown_target,
        "types": list(subscription.selection.types),
        "namespace": subscription.selection.namespace,
        "model": subscription.selection.model,
        "template": subscription.template,
        "owner": subscription.owner,
        "owner_kind": subscription.owner_kind.value,
        "created_at": subscription.created_at,
        "created_by": subscription.created_by,
        "changed_at": subscription.changed_at,
        "disabled_at": subscription.disabled_at,
        "disabled_reason": None if reason is None else reason.value,
        "revision": subscription.revision,
    }


def _subscription(row: AnyRow) -> Subscription:
    return Subscription(
        id=row.id,
        name=row.name,
        kind=SubscriptionKind(row.kind),
        shown_target=row.shown_target,
        selection=Selection(tuple(row.types), row.namespace, row.model),
        template=row.template,
        owner=PrincipalId(row.owner),
        owner_kind=PrincipalKind(row.owner_kind),
        created_at=row.created_at,
        created_by=PrincipalId(row.created_by),
        changed_at=row.changed_at,
        disabled_at=row.disabled_at,
        disabled_reason=None if row.disabled_reason is None else DisabledReason(row.disabled_reason),
        revision=row.revision,
    )
