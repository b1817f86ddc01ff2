"""Fills a registry with models, people and bindings, as rows: a hundred thousand use cases would take too long."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table as Rows
from sqlalchemy import insert

from modelkeep.app.bootstrap import STARTUP, Services
from modelkeep.domains.access.tables import BINDING, GROUP, MEMBER, PRINCIPAL, TOKEN, TOKEN_PERMISSION, TOKEN_SCOPE
from modelkeep.domains.catalog.tables import MODEL, NAMESPACE
from modelkeep.kernel.clock import system_clock
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, TokenId
from modelkeep.kernel.ids import new_id
from modelkeep.kernel.references import ModelName

GROUPS_OF_A_USER: Final = 5
USERS_SHARE: Final = 0.4
"""So many of the bindings are users' own, the others are groups'."""
NAMESPACES_SHARE: Final = 0.1
"""So many are on a namespace, the others on a model."""

_Values = Mapping[str, Any]


@dataclass(frozen=True)
class Size:
    """How many there are; each user is in five groups."""

    models: int
    namespaces: int
    bindings: int
    users: int
    groups: int


@dataclass(frozen=True)
class Asked:
    """Who asks, with a token for everything, and a model that a binding of their own is on."""

    actor: Actor
    model: ModelName


def fill(services: Services, size: Size) -> list[Asked]:
    """Store a registry of private models, and return every user."""
    chance, now = random.Random(1), system_clock()  # noqa: S311 - the same data in every run
    namespaces = [f"team-{number:04}" for number in range(size.namespaces)]
    models = [f"{namespaces[number % size.namespaces]}/model-{number:06}" for number in range(size.models)]
    users, groups = ([new_id() for _ in range(count)] for count in (size.users, size.groups))
    own = round(size.bindings * USERS_SHARE)
    scopes = {
        subject: _scopes(chance, namespaces, models, count)
        for subjects, count in ((users, own // size.users), (groups, (size.bindings - own) // size.groups))
        for subject in subjects
    }
    tokens = {user: new_id() for user in users}
    members = [(group, user) for user in users for group in chance.sample(groups, GROUPS_OF_A_USER)]
    _store(services, _catalog(namespaces, models, now))
    _store(services, _people(tokens, groups, members, now))
    _store(services, _bindings(scopes, set(users), now))
    return [
        Asked(
            Actor(PrincipalId(user), user, PrincipalKind.USER, frozenset(), TokenId(tokens[user])),
            ModelName.parse(scopes[user][-1]),
        )
        for user in users
    ]


def _scopes(chance: random.Random, namespaces: list[str], models: list[str], count: int) -> list[str]:
    """Return different scopes, namespaces first."""
    wide = round(count * NAMESPACES_SHARE)
    return chance.sample(namespaces, wide) + chance.sample(models, count - wide)


def _store(services: Services, made: Iterator[tuple[Rows, list[_Values]]]) -> None:
    with services.access.database.transaction() as tx:
        for table, rows in made:
            tx.session.execute(insert(table), rows)
        tx.record(Event("catalog.namespace_created", "team-0000", STARTUP, system_clock()))


def _catalog(namespaces: Sequence[str], models: Sequence[str], now: datetime) -> Iterator[tuple[Rows, list[_Values]]]:
    made = {"created_at": now, "created_by": STARTUP.id, "revision": 1}
    yield NAMESPACE, [{"name": name, "description": ""} | made for name in namespaces]
    made |= {"changed_at": now, "changed_by": STARTUP.id, "last_number": 0, "deleted_at": None}
    said: dict[str, object] = {"description": "Made by a benchmark", "task": "classification", "visibility": "private"}
    said |= {"owners": ["team@example.org"], "tags": {"framework": "sklearn"}}
    yield (
        MODEL,
        [{"id": new_id(), "name": name, "namespace": name.partition("/")[0]} | said | made for name in models],
    )


def _people(
    tokens: Mapping[str, str], groups: Sequence[str], members: Sequence[tuple[str, str]], now: datetime
) -> Iterator[tuple[Rows, list[_Values]]]:
    made = {"created_at": now, "created_by": STARTUP.id}
    born = {"kind": "user", "owner_id": None, "created_at": now, "disabled_at": None}
    yield PRINCIPAL, [{"id": user, "name": user} | born for user in tokens]
    yield GROUP, [{"id": group, "name": group, "deleted_at": None} | made for group in groups]
    joined = {"since": now, "added_by": STARTUP.id, "until": None}
    yield MEMBER, [{"group_id": group, "principal_id": user} | joined for group, user in members]
    issued = {"last_four": "xxxx", "expires_at": now, "kind": "personal", "name": "", "networks": "", "pepper": ""}
    issued |= made | {"noticed_days": 0}
    yield (
        TOKEN,
        [{"id": token, "principal_id": user, "secret_hash": token.encode()} | issued for user, token in tokens.items()],
    )
    yield TOKEN_PERMISSION, [{"token_id": token, "permission": "*"} for token in tokens.values()]
    yield TOKEN_SCOPE, [{"token_id": token, "scope": "*"} for token in tokens.values()]


def _bindings(
    scopes: Mapping[str, Sequence[str]], users: set[str], now: datetime
) -> Iterator[tuple[Rows, list[_Values]]]:
    given = {"role": "viewer", "stage": "", "reason": "", "expires_at": None, "since": now, "granted_by": STARTUP.id}
    yield (
        BINDING,
        [
            {
                "id": new_id(),
                "subject_type": "user" if subject in users else "group",
                "subject_id": subject,
                "scope": scope,
                "namespace": scope.partition("/")[0],
                "until": None,
            }
            | given
            for subject, held in scopes.items()
            for scope in held
        ],
    )
