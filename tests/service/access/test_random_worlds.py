"""In random worlds the list in SQL, the single check in SQL, the explanation and a plain oracle agree: test S1."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from sqlalchemy import insert
from tests.builders import ANYTHING, EVERYTHING
from tests.soak import rounds

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import Permission, Principal, Question, Scope
from modelkeep.domains.access.repository import read_standing
from modelkeep.domains.access.tables import (
    BINDING,
    GROUP,
    MEMBER,
    PRINCIPAL,
    ROLE,
    ROLE_PERMISSION,
    TOKEN,
    TOKEN_PERMISSION,
    TOKEN_SCOPE,
)
from modelkeep.domains.catalog.repository import ModelRepository, NamespaceRepository
from modelkeep.domains.catalog.repository.permits import permits_on_model
from modelkeep.domains.catalog.tables import MODEL, NAMESPACE
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, TokenId
from modelkeep.kernel.references import ModelName
from modelkeep.platform.database import Transaction

QUERIES = 20
NAMESPACES = ("a", "b", "c")
MODELS = tuple(f"{namespace}/{name}" for namespace, name in product(NAMESPACES, ("x", "y")))
SCOPES = ("*", *NAMESPACES, *MODELS, "a/absent")
STAGES = (None, "Production", "Staging")

METADATA = {"model.read", "version.read"}
CONTRIBUTES = METADATA | {
    "version.download",
    "model.write",
    "version.create",
    "version.write",
    "alias.write",
    "card.write",
    "stage.request",
    "token.create",
}
GRANTS: dict[str, set[str]] = {
    "viewer": METADATA,
    "contributor": CONTRIBUTES,
    "LEGAL": METADATA | {"stage.approve"},
    "admin": {str(permission) for permission in Permission},
}
"""What roles grant, written down a second time: an oracle must not ask what it examines."""

NEVER_FOR_PIPELINES = {
    "stage.approve",
    "stage.promote",
    "gate.waive",
    "policy.write",
    "grant.write",
    "principal.write",
    "token.create",
    "login.write",
    "audit.erase",
}


class RolledBackError(Exception):
    """Ends a world."""


@dataclass
class World:
    """Rows of one random registry."""

    random: Random
    now: datetime
    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    actors: list[Actor] = field(default_factory=list)

    def add(self, table: Any, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - a table and its values
        self.rows.setdefault(table, []).append(values)
        return values

    def of(self, table: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a table
        return self.rows.get(table, [])

    def moment(self) -> datetime | None:
        """Return no time, a time that has passed, this very moment, or one to come."""
        hours = self.random.choice([None, None, None, -1, 0, 1])
        return None if hours is None else self.now + timedelta(hours=hours)

    def past(self) -> datetime | None:
        return self.random.choice([None, None, None, self.now - timedelta(hours=1)])


def a_world(random: Random, now: datetime) -> World:
    world, choose = World(random, now), random.choice
    born = now - timedelta(days=1)
    for name in NAMESPACES:
        world.add(NAMESPACE, name=name, description="", created_at=born, created_by="p", revision=1)
    for number, name in enumerate(MODELS):
        world.add(
            MODEL,
            id=f"model-{number}",
            name=name,
            namespace=name[0],
            description="",
            task="",
            visibility=choose(["private", "private", "internal", "public"]),
            owners=[],
            tags={},
            last_number=0,
            created_at=born,
            created_by="p",
            changed_at=born,
            changed_by="p",
            deleted_at=choose([None, None, None, now]),
            revision=1,
        )
    for name in ("made", "other"):
        world.add(ROLE, name=name, description="", created_at=born, created_by="p", revision=1)
        for permission in random.sample(sorted(Permission), 4):
            world.add(ROLE_PERMISSION, role=name, permission=str(permission))
    for name in ("g", "h"):
        world.add(GROUP, id=name, name=name, created_at=born, created_by="p", deleted_at=None)
    for number in range(4):
        _a_principal(world, f"p{number}", born)
    for number in range(random.randrange(12)):
        scope = choose(SCOPES)
        binding = {
            "subject_id": choose(["g", "h", *(actor.id for actor in world.actors)]),
            "role": choose([*GRANTS, "made", "other", "nothing"]),
            "scope": scope,
            "stage": choose(["", "", "Production"]),
            "until": world.past(),
        }
        world.add(
            BINDING,
            id=f"b{number}",
            subject_type="user",
            namespace=None if scope == "*" else scope[0],
            expires_at=world.moment(),
            reason="",
            since=born + timedelta(seconds=number),
            granted_by="p",
            ended_by=None,
            **binding,
        )
    world.rows[BINDING] = list({_key(row): row for row in world.of(BINDING)}.values())
    return world


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return what no two bindings that hold may share."""
    shared = (row["subject_id"], row["role"], row["scope"], row["stage"])
    return shared if row["until"] is None else (*shared, row["id"])


def _a_principal(world: World, name: str, born: datetime) -> None:
    choose = world.random.choice
    kind = choose([PrincipalKind.USER, PrincipalKind.USER, PrincipalKind.SERVICE, PrincipalKind.CI])
    gone = choose([None, None, None, world.now])
    world.add(PRINCIPAL, id=name, kind=kind.value, name=name, owner_id=None, created_at=born, disabled_at=gone)
    for group in ("g", "h"):
        if choose([True, False]):
            world.add(
                MEMBER, group_id=group, principal_id=name, since=born, added_by="p", until=world.past(), ended_by=None
            )
    token = choose([None, f"token of {name}"])
    if token is not None:
        ends = world.now + timedelta(days=1)
        world.add(
            TOKEN,
            id=token,
            principal_id=name,
            secret_hash=token.encode(),
            last_four="xxxx",
            created_at=born,
            expires_at=ends,
            kind="p",
            name="",
            networks="",
            pepper="",
            noticed_days=0,
        )
        permissions = choose([["*"], [], [*world.random.sample(sorted(Permission), 9), "model.read"]])
        for permission in {str(permission) for permission in permissions}:
            world.add(TOKEN_PERMISSION, token_id=token, permission=permission)
        for scope in choose([["*"], [], world.random.sample(SCOPES, 3)]):
            world.add(TOKEN_SCOPE, token_id=token, scope=scope)
    token_id = None if token is None else TokenId(token)
    world.actors.append(Actor(PrincipalId(name), name, kind, frozenset(), token_id))


def may(world: World, actor: Actor, permission: str, scope: str, stage: str | None) -> bool:
    """Decide by plain comparison of every row; visibility counts where the scope is a model that is there."""
    (principal,) = (row for row in world.of(PRINCIPAL) if row["id"] == actor.id)
    around = {"*", scope.split("/", maxsplit=1)[0], scope}
    if principal["disabled_at"] is not None or (actor.kind == "ci" and permission in NEVER_FOR_PIPELINES):
        return False
    if actor.token_id is not None:
        meant = {row["permission"] for row in world.of(TOKEN_PERMISSION) if row["token_id"] == actor.token_id}
        where = {row["scope"] for row in world.of(TOKEN_SCOPE) if row["token_id"] == actor.token_id}
        if not meant & {"*", permission} or not where & around:
            return False
    shown = {"model.read": "internal public", "version.read": "internal public", "version.download": "public"}
    for model in world.of(MODEL):
        if model["name"] == scope and actor.kind != "ci" and model["visibility"] in shown.get(permission, ""):
            return True
    mine = {row["group_id"] for row in world.of(MEMBER) if row["principal_id"] == actor.id and row["until"] is None}
    return any(
        row["subject_id"] in mine | {actor.id}
        and row["scope"] in around
        and row["until"] is None
        and (row["expires_at"] is None or row["expires_at"] > world.now)
        and (not permission.startswith("stage.") or row["stage"] in ("", stage))
        and permission in granted(world, row["role"])
        for row in world.of(BINDING)
    )


def granted(world: World, role: str) -> set[str]:
    made = {row["permission"] for row in world.of(ROLE_PERMISSION) if row["role"] == role}
    return GRANTS.get(role, set()) | made


def sees_namespace(world: World, actor: Actor, namespace: str) -> bool:
    models = [row["name"] for row in world.of(MODEL) if row["namespace"] == namespace and row["deleted_at"] is None]
    return any(may(world, actor, "model.read", scope, None) for scope in (namespace, *models))


def examine(world: World, services: Services, tx: Transaction) -> None:
    """Ask the database, and compare with the oracle."""
    random, access = world.random, services.access
    for _ in range(QUERIES):
        actor, permission, stage = random.choice(world.actors), random.choice(list(Permission)), random.choice(STAGES)
        values = {**access.values(actor, permission, stage=stage), "access_now": world.now}
        case = (actor, str(permission), stage, world.of(BINDING), world.of(TOKEN_SCOPE))
        expected = {name for name in MODELS if may(world, actor, str(permission), name, stage)}
        live = {row["name"] for row in world.of(MODEL) if row["deleted_at"] is None}
        listed = {str(model.name) for model in ModelRepository(tx).list(ANYTHING, EVERYTHING, values).items}
        assert listed - {"default"} == expected & live, case
        assert {name for name in MODELS if permits_on_model(tx, ModelName.parse(name), values)} == expected, case
        scope = random.choice(SCOPES)
        visibility = next((row["visibility"] for row in world.of(MODEL) if row["name"] == scope), None)
        explained = explain(world, tx, actor, Question(permission, Scope(scope), stage, world.now), visibility)
        assert explained == may(world, actor, str(permission), scope, stage), (case, scope)
        reads = {**access.values(actor, Permission.MODEL_READ), "access_now": world.now}
        seen = {found.name for found in NamespaceRepository(tx).list(ANYTHING, EVERYTHING, reads).items}
        assert seen - {"default"} == {name for name in NAMESPACES if sees_namespace(world, actor, name)}, case


def explain(world: World, tx: Transaction, actor: Actor, question: Question, visibility: str | None) -> bool:
    row = next(row for row in world.of(PRINCIPAL) if row["id"] == actor.id)
    principal = Principal(
        actor.id, actor.kind, actor.name, frozenset(), row["created_at"], disabled_at=row["disabled_at"]
    )
    standing = read_standing(tx, principal, question.scope, question.at, token_id=actor.token_id)
    return standing.explain(question, visibility).allowed


def store(world: World, tx: Transaction) -> None:
    order = (PRINCIPAL, GROUP, ROLE, TOKEN, NAMESPACE, MODEL, MEMBER, ROLE_PERMISSION, BINDING)
    for table in (*order, TOKEN_PERMISSION, TOKEN_SCOPE):
        if world.of(table):
            tx.session.execute(insert(table), world.of(table))


def test_lists_checks_and_explanations_agree_with_a_plain_oracle(services: Services) -> None:
    now = services.access.clock()
    for seed in range(rounds(25, 10_000)):
        world = a_world(Random(seed), now)  # noqa: S311 - worlds, not secrets
        with suppress(RolledBackError), services.access.database.transaction() as tx:
            store(world, tx)
            examine(world, services, tx)
            raise RolledBackError
