"""Any sequence of operations leaves the catalog as a plain dictionary would have it."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from tests.builders import EVERYTHING, a_model, register
from tests.databases import migrate
from tests.registries import ManualClock, registry, settings_for

from modelkeep.domains.audit.tables import ENTRY, HEAD
from modelkeep.domains.catalog import ListQuery, Metric
from modelkeep.domains.catalog.domain.errors import (
    AliasNotFoundError,
    DeletionBlockedError,
    ModelNotFoundError,
    TagNotFoundError,
    VersionExistsError,
    VersionNotFoundError,
)
from modelkeep.kernel.errors import RegistryError, StaleRevisionError
from modelkeep.kernel.identity import RequestInfo
from modelkeep.kernel.references import ModelName, Number, Reference
from modelkeep.kernel.semver import Bump, Version

NAMES = [ModelName.parse(name) for name in ("fraud/scorer", "churn/scorer")]
names = st.sampled_from([NAMES[0], NAMES[0], *NAMES])
numbers = st.sampled_from([1, 1, 1, 2, 3])  # rarely what is not there
contents = st.sampled_from([b"a", b"b", b"c"])
aliases = st.sampled_from(["champion", "canary"])
values = st.sampled_from(["risk", "growth"])
versions = st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0", "0.1.0+build"])


@dataclass
class PlainVersion:
    version: Version
    content: bytes
    tags: dict[str, str] = field(default_factory=dict)
    auc: float | None = None
    deleted: bool = False
    revision: int = 1


@dataclass
class PlainModel:
    versions: dict[int, PlainVersion] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    moves: dict[str, int] = field(default_factory=dict)
    deleted: bool = False
    revision: int = 1

    def live(self, number: int) -> PlainVersion | None:
        version = self.versions.get(number)
        return None if self.deleted or version is None or version.deleted else version

    @property
    def highest(self) -> PlainVersion | None:
        made = list(self.versions.values())
        return max(made, key=lambda one: (one.version.precedence_key, made.index(one)), default=None)


class Catalog(RuleBasedStateMachine):
    """The catalog beside what it should be."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "registry.db").write_bytes(self.template.read_bytes())
        settings = settings_for(folder, f"sqlite:///{folder / 'registry.db'}")
        self.services, token = self.stack.enter_context(registry(settings, ManualClock()))
        self.admin = self.services.authentication.authenticate(token, RequestInfo("test"))
        self.plain = {name: PlainModel() for name in NAMES}
        self.changes = 0

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def models(self) -> None:
        for name in NAMES:
            a_model(self.services, self.admin, name)
            register(self.services, self.admin, name, files={"a": b"a"})
            self.plain[name].versions[1] = PlainVersion(Version.parse("1.0.0"), b"a")
        self.changes = self.logged()

    def logged(self) -> int:
        with self.services.access.database.snapshot() as tx:
            return tx.session.execute(select(func.count()).select_from(ENTRY)).scalar_one()

    @contextmanager
    def refused(self, *errors: tuple[bool, type[RegistryError]]) -> Iterator[None]:
        """Expect the first of the errors whose condition holds, and no change; otherwise one change."""
        expected = next((error for holds, error in errors if holds), None)
        if expected is None:
            yield
            self.changes += 1
            return
        with pytest.raises(expected):
            yield

    def gone(self, name: ModelName) -> tuple[bool, type[RegistryError]]:
        return self.plain[name].deleted, ModelNotFoundError

    @rule(name=names, content=contents, version=st.none() | versions)
    def register(self, name: ModelName, content: bytes, version: str | None) -> None:
        model = self.plain[name]
        highest = model.highest
        number = len(model.versions) + 1
        if version is None:
            wanted = Version.parse("1.0.0") if highest is None else highest.version.bump(Bump.PATCH)
            same = highest
        else:
            wanted = Version.parse(version)
            same = next((made for made in model.versions.values() if made.version == wanted), None)
        repeats = not model.deleted and same is not None and same.content == content and not same.deleted
        taken = version is not None and same is not None and not repeats
        if repeats:
            self.changes -= 1
        with self.refused(self.gone(name), (taken, VersionExistsError)):
            made = register(self.services, self.admin, name, files={"a": content}, version=version or "auto").value
            assert made.created is not repeats
            if made.created:
                assert (made.version.number, made.version.version) == (number, wanted)
                model.versions[number] = PlainVersion(wanted, content)

    @rule(name=names, number=numbers, value=values)
    def tag(self, name: ModelName, number: int, value: str) -> None:
        version = self.plain[name].live(number)
        if version is not None and version.tags.get("team") == value:
            self.changes -= 1
        with self.refused(self.gone(name), (version is None, VersionNotFoundError)):
            self.services.versions.set_tag(self.admin, name, Number(number), "team", value, seen=None)
            assert version is not None
            version.revision += version.tags.get("team") != value
            version.tags["team"] = value

    @rule(name=names, number=numbers)
    def untag(self, name: ModelName, number: int) -> None:
        version = self.plain[name].live(number)
        lacks = version is not None and "team" not in version.tags
        with self.refused(self.gone(name), (version is None, VersionNotFoundError), (lacks, TagNotFoundError)):
            self.services.versions.remove_tag(self.admin, name, Number(number), "team", seen=None)
            assert version is not None
            del version.tags["team"]
            version.revision += 1

    @rule(name=names, number=numbers, auc=st.floats(0, 1))
    def measure(self, name: ModelName, number: int, auc: float) -> None:
        version = self.plain[name].live(number)
        with self.refused(self.gone(name), (version is None, VersionNotFoundError)):
            self.services.versions.log_metrics(self.admin, name, Number(number), (Metric("auc", auc),))
            assert version is not None
            version.auc = auc
            version.revision += 1

    @rule(name=names, number=numbers, behind=st.integers(0, 2))
    def delete(self, name: ModelName, number: int, behind: int) -> None:
        model, version = self.plain[name], self.plain[name].live(number)
        seen = max(1, version.revision - behind) if version else 1
        with self.refused(
            self.gone(name),
            (version is None, VersionNotFoundError),
            (version is not None and seen != version.revision, StaleRevisionError),
            (number in model.aliases.values(), DeletionBlockedError),
        ):
            self.services.versions.delete(self.admin, name, Number(number), seen=seen)
            assert version is not None
            version.deleted = True
            version.revision += 1

    @rule(name=names, number=numbers)
    def restore(self, name: ModelName, number: int) -> None:
        version = self.plain[name].versions.get(number)
        absent = self.plain[name].deleted or version is None or not version.deleted
        with self.refused((absent, VersionNotFoundError)):
            self.services.versions.restore(self.admin, name, Number(number))
            assert version is not None
            version.deleted = False
            version.revision += 1

    @rule(name=names, alias=aliases, number=numbers, seen=st.none() | st.integers(0, 3))
    def point(self, name: ModelName, alias: str, number: int, seen: int | None) -> None:
        model = self.plain[name]
        revision = model.moves.get(alias, 0) if alias in model.aliases else 0
        stale = seen not in (None, revision)
        if not model.deleted and model.live(number) and not stale and model.aliases.get(alias) == number:
            self.changes -= 1
        with self.refused(
            self.gone(name), (model.live(number) is None, VersionNotFoundError), (stale, StaleRevisionError)
        ):
            self.services.aliases.set(self.admin, name, alias, Number(number), seen=seen)
            if model.aliases.get(alias) != number:
                model.moves[alias] = model.moves.get(alias, 0) + 1
            model.aliases[alias] = number

    @rule(name=names, alias=aliases)
    def unpoint(self, name: ModelName, alias: str) -> None:
        model = self.plain[name]
        with self.refused(self.gone(name), (alias not in model.aliases, AliasNotFoundError)):
            self.services.aliases.remove(self.admin, name, alias, seen=None)
            del model.aliases[alias]

    @rule(name=names)
    def delete_model(self, name: ModelName) -> None:
        model = self.plain[name]
        with self.refused(self.gone(name), (bool(model.aliases), DeletionBlockedError)):
            self.services.models.delete(self.admin, name, seen=model.revision)
            model.deleted = True
            model.revision += 1

    @precondition(lambda self: any(model.deleted for model in self.plain.values()))
    @rule(name=names)
    def restore_model(self, name: ModelName) -> None:
        model = self.plain[name]
        with self.refused((not model.deleted, ModelNotFoundError)):
            self.services.models.restore(self.admin, name)
            model.deleted = False
            model.revision += 1

    @invariant()
    def the_lists_are_the_same(self) -> None:
        for deleted in (False, True):
            listed = self.services.versions.list(self.admin, ListQuery(deleted=deleted), EVERYTHING).items
            found = {(version.model, version.number): version for version in listed}
            expected = {
                (name, number): version
                for name, model in self.plain.items()
                for number, version in model.versions.items()
                if not model.deleted and version.deleted is deleted
            }
            assert found.keys() == expected.keys()
            for (name, number), version in expected.items():
                shown = found[name, number]
                held = sorted(alias for alias, to in self.plain[name].aliases.items() if to == number)
                assert (shown.version, shown.record.tags, shown.revision) == (
                    version.version,
                    version.tags,
                    version.revision,
                )
                assert [metric.value for metric in shown.record.metrics] == [
                    value for value in (version.auc,) if value is not None
                ]
                assert list(shown.aliases) == held

    @invariant()
    def aliases_and_the_newest_resolve(self) -> None:
        for name, model in self.plain.items():
            if model.deleted:
                continue
            for alias, number in model.aliases.items():
                assert self.resolved(f"{name}@{alias}") == number
            live = [number for number, version in model.versions.items() if not version.deleted]
            assert self.resolved(str(name)) == max(live, default=None)

    def resolved(self, reference: str) -> int | None:
        try:
            return self.services.versions.resolve(self.admin, Reference.parse(reference)).number
        except VersionNotFoundError:
            return None

    @invariant()
    def every_change_is_logged_once(self) -> None:
        assert self.logged() == self.changes
        with self.services.access.database.snapshot() as tx:
            assert tx.session.scalar(select(HEAD.c.size)) == self.changes


def test_the_catalog_is_what_a_dictionary_would_be(tmp_path: Path) -> None:
    template = tmp_path / "template.db"
    migrate(f"sqlite:///{template}")

    class FromTemplate(Catalog):
        pass

    FromTemplate.template = template
    run_state_machine_as_test(
        FromTemplate,
        settings=settings(max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
