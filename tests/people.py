"""Principals for tests, with roles where they need them."""

from datetime import datetime
from itertools import count

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, NewToken, Permission, Principal, Reach, Scope
from modelkeep.domains.access.domain.bindings import Binding, Subject, SubjectType
from modelkeep.domains.access.repository import AccessRepository, BindingRepository
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo

_SYSTEM = Actor(PrincipalId("system"), "system", PrincipalKind.SYSTEM, frozenset())
_serial = count(1)


def somebody(
    services: Services, *roles: str | tuple[str, str], name: str = "", kind: PrincipalKind = PrincipalKind.USER
) -> Actor:
    """Return a new principal who acts without a token; a role holds on the registry, or on the scope beside it."""
    number = next(_serial)
    at = services.access.clock()
    principal = Principal(PrincipalId(f"principal-{number}"), kind, name or f"person {number}", frozenset(), at)
    with services.access.database.transaction() as tx:
        AccessRepository(tx).add_principal(principal)
        tx.record(Event("access.principal_created", principal.id, _SYSTEM, at, {"roles": []}))
    for given in roles:
        role, scope = given if isinstance(given, tuple) else (given, str(REGISTRY))
        bind(services, principal.id, role, scope, kind=SubjectType(kind.value))
    return Actor(principal.id, principal.name, kind, frozenset(), request=RequestInfo("test"))


def policy_keeper(services: Services, admin: Actor, scope: str) -> Actor:
    """Return somebody who writes the policies of a scope, and sees what it governs: no role that ships does both."""
    services.roles.create(
        admin,
        "policy-keeper",
        permissions=frozenset({Permission.MODEL_READ, Permission.VERSION_READ, Permission.POLICY_WRITE}),
        description="",
    )
    return somebody(services, ("policy-keeper", scope))


def a_service_account(services: Services, owner: Actor) -> Principal:
    """Return a new service account that somebody owns."""
    at, number = services.access.clock(), next(_serial)
    account = Principal(
        PrincipalId(f"robot-{number}"), PrincipalKind.SERVICE, f"robot {number}", frozenset(), at, owner.id
    )
    with services.access.database.transaction() as tx:
        AccessRepository(tx).add_principal(account)
        tx.record(Event("access.principal_created", account.id, owner, at, {"roles": []}))
    return account


def a_token_for(services: Services, maker: Actor, account: Principal, *permissions: str) -> Actor:
    """Return a service account that acts by a token which somebody has made for it."""
    wanted = NewToken(Reach.parse(permissions, [], []), principal=account.id)
    made = services.tokens.create(maker, wanted).value
    return services.authentication.authenticate(made.secret, RequestInfo("test"))


def bind(
    services: Services,
    subject_id: str,
    role: str,
    scope: str = "*",
    *,
    kind: SubjectType = SubjectType.USER,
    expires_at: datetime | None = None,
) -> Binding:
    """Give a subject a role, whatever the rules of granting say."""
    binding = Binding(
        id=f"binding-{next(_serial)}",
        subject=Subject(kind, subject_id),
        role=role,
        scope=Scope.parse(scope),
        stage="",
        expires_at=expires_at,
        reason="",
        since=services.access.clock(),
        granted_by=_SYSTEM.id,
    )
    with services.access.database.transaction() as tx:
        BindingRepository(tx).add(binding)
        tx.record(binding.granted(_SYSTEM))
    return binding


def a_token(services: Services, actor: Actor) -> str:
    """Return a token with which requests act as this principal."""
    authentication = services.authentication
    principal = Principal(actor.id, actor.kind, actor.name, actor.roles, services.access.clock())
    with authentication.database.transaction() as tx:
        return authentication._issue(tx, principal)
