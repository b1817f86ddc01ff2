"""What access control costs a list: a check and a page of models, beside SQL written by hand for the same rows."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

import psycopg

from benchmarks.access_rows import Asked, Size, fill
from benchmarks.postgres import databases
from benchmarks.report import Table, load, middle, times
from benchmarks.workspace import Options, say, scratch
from modelkeep.app.bootstrap import Services, build, prepare
from modelkeep.app.settings import Settings
from modelkeep.domains.access import Permission, Scope
from modelkeep.domains.catalog import ListQuery, Model
from modelkeep.kernel.clock import system_clock, timestamp
from modelkeep.kernel.paging import Page, PageRequest

FULL: Final = Size(models=100_000, namespaces=2_000, bindings=25_000, users=500, groups=100)
SMALL: Final = Size(models=5_000, namespaces=100, bindings=500, users=50, groups=10)
PAGE: Final = 50
_COMPARED: Final = 20

_MAY: Final = """
WITH held AS (
  SELECT scope FROM access_binding
  WHERE until IS NULL AND (expires_at IS NULL OR expires_at > {now})
    AND subject_id IN (
      SELECT {actor}
      UNION ALL
      SELECT group_id FROM access_group_member WHERE principal_id = {actor} AND until IS NULL
    )
    AND (
      role IN ('viewer', 'contributor', 'maintainer', 'admin', 'auditor', 'TEAM_LEAD', 'LEGAL', 'SECURITY')
      OR role IN (SELECT role FROM access_role_permission WHERE permission = 'model.read')
    )
), meant AS (
  SELECT scope FROM access_token_scope
  WHERE token_id = {token}
    AND EXISTS (
      SELECT 1 FROM access_token_permission WHERE token_id = {token} AND permission IN ('*', 'model.read')
    )
    AND EXISTS (SELECT 1 FROM access_principal WHERE id = {actor} AND disabled_at IS NULL)
)
"""
_CHECK: Final = f"""{_MAY}
SELECT EXISTS (SELECT 1 FROM held WHERE scope IN ('*', {{namespace}}, {{model}}))
  AND EXISTS (SELECT 1 FROM meant WHERE scope IN ('*', {{namespace}}, {{model}}))
"""  # noqa: S608 - constants of this file
_SEEN: Final = """
FROM catalog_model
WHERE deleted_at IS NULL
  AND (
    visibility IN ('internal', 'public') OR '*' IN (SELECT scope FROM held)
    OR namespace IN (SELECT scope FROM held) OR name IN (SELECT scope FROM held)
  )
  AND (
    '*' IN (SELECT scope FROM meant)
    OR namespace IN (SELECT scope FROM meant) OR name IN (SELECT scope FROM meant)
  )
"""
_COUNT: Final = f"{_MAY} SELECT count(*) {_SEEN}"
_PAGE: Final = f"""{_MAY}
SELECT id, name, description, task, visibility, owners, tags, last_number, created_at, created_by, changed_at,
  changed_by, deleted_at, revision
{_SEEN} ORDER BY name LIMIT {PAGE + 1}
"""
_NAMES: Final = ("actor", "token", "namespace", "model", "now")

V = TypeVar("V")


def run(options: Options) -> Iterator[Table]:
    """Ask as users who see a few models in a hundred, ours and by hand in turn, on both databases."""
    size = SMALL if options.quick else FULL
    table = Table(
        f"A check and a page of {PAGE} models, among {size.models:,} models and {size.bindings:,} bindings",
        ("database", "what", "modelkeep ms", "SQL by hand ms", "ratio", "load"),
    )
    with scratch("access") as folder:
        for kind in ("SQLite", "PostgreSQL"):
            with databases(folder, kind, ("access",)) as urls:
                _measure(table, kind, Settings.read({}, data_dir=folder / kind, database_url=urls["access"]), size)
    yield table


def _measure(table: Table, kind: str, settings: Settings, size: Size) -> None:
    settings.data_dir.mkdir()
    services = build(settings)
    prepare(settings, services)
    say(f"{kind}: storing {size.models:,} models and {size.bindings:,} bindings")
    asked = fill(services, size)
    by_hand = ByHand(settings.database_url)
    by_hand.analyze()
    seen = middle([_compare(services, by_hand, one) for one in asked[:_COMPARED]])
    for what, ours, theirs in (
        ("check", check, by_hand.check),
        ("page", page, by_hand.page),
        ("check and page", check_and_page, by_hand.check_and_page),
    ):
        pairs = [(_milliseconds(partial(ours, services), one), _milliseconds(theirs, one)) for one in asked]
        mine, raw = (middle([pair[side] for pair in pairs]) for side in (0, 1))
        table.add(kind, what, f"{mine:.2f}", f"{raw:.2f}", times(mine, raw), load())
        say(f"  {kind}, {what}: {mine:.2f} ms to {raw:.2f} ms")
    table.notes.append(f"{kind}: a user sees {seen / size.models:.1%} of the models, by the median.")
    by_hand.connection.close()
    services.close()


def check(services: Services, asked: Asked) -> None:
    """Check that a user may read a model, in a transaction."""
    with services.access.database.snapshot() as tx:
        services.access.require(tx, asked.actor, Permission.MODEL_READ, Scope.of_model(asked.model))


def page(services: Services, asked: Asked) -> Page[Model]:
    """List the first models that a user sees, in a transaction."""
    return services.models.list(asked.actor, ListQuery(), PageRequest(PAGE))


def check_and_page(services: Services, asked: Asked) -> Page[Model]:
    """Do both, in two transactions."""
    check(services, asked)
    return page(services, asked)


class ByHand:
    """The same by a driver and statements for this question alone, in one transaction; rows as the driver gives."""

    def __init__(self, url: str) -> None:
        """Connect, with the page cache that the product has."""
        self.connection: Any  # a connection of either driver
        self._is_sqlite = url.startswith("sqlite:///")
        if self._is_sqlite:
            self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self.connection.execute("PRAGMA cache_size = -16000")
        else:
            self.connection = psycopg.connect(url, autocommit=True)
        mark = ":{}" if self._is_sqlite else "%({})s"
        marks = {name: mark.format(name) for name in _NAMES}
        self._check, self._page, self._count = (text.format_map(marks) for text in (_CHECK, _PAGE, _COUNT))

    def analyze(self) -> None:
        """Gather statistics on PostgreSQL, as its autovacuum would before long; nothing does it on SQLite."""
        if not self._is_sqlite:
            self.connection.execute("VACUUM ANALYZE")

    def check(self, asked: Asked) -> None:
        """Check that a user may read a model."""
        self._within(lambda: self._require(asked))

    def page(self, asked: Asked) -> list[tuple[Any, ...]]:
        """Return the first models that a user sees, and one more, which tells that there is a next page."""
        return self._within(lambda: self._rows(asked))

    def check_and_page(self, asked: Asked) -> list[tuple[Any, ...]]:
        """Do both, in one transaction."""

        def act() -> list[tuple[Any, ...]]:
            self._require(asked)
            return self._rows(asked)

        return self._within(act)

    def count(self, asked: Asked) -> int:
        """Return how many models a user sees."""
        count: int = self._execute(self._count, asked).fetchone()[0]
        return count

    def _within(self, act: Callable[[], V]) -> V:
        self.connection.execute("BEGIN")
        try:
            return act()
        finally:
            self.connection.execute("COMMIT")

    def _require(self, asked: Asked) -> None:
        (may,) = self._execute(self._check, asked).fetchone()
        if not may:
            raise PermissionError(asked.model)

    def _rows(self, asked: Asked) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._execute(self._page, asked).fetchall()
        return rows

    def _execute(self, statement: str, asked: Asked) -> Any:  # noqa: ANN401 - a cursor of either driver
        now, actor, model = system_clock(), asked.actor, asked.model
        at = timestamp(now) if self._is_sqlite else now
        values = (actor.id, actor.token_id, model.namespace, str(model), at)
        return self.connection.execute(statement, dict(zip(_NAMES, values, strict=True)))


def _compare(services: Services, by_hand: ByHand, asked: Asked) -> int:
    """See that both sides answer alike; return how many models the user sees."""
    ours = [str(model.name) for model in check_and_page(services, asked).items]
    theirs = [row[1] for row in by_hand.check_and_page(asked)][:PAGE]
    if ours != theirs or len(ours) != PAGE:
        raise RuntimeError(f"ours and the one by hand differ for {asked}")
    return by_hand.count(asked)


def _milliseconds(act: Callable[[Asked], object], asked: Asked) -> float:
    started = time.perf_counter()
    act(asked)
    return (time.perf_counter() - started) * 1000
