"""Who sees what: lists, single checks and errors follow one condition."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from tests.builders import ANYTHING, EVERYTHING, SCORER, a_model, a_version
from tests.people import bind, somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, ForbiddenError, Permission, Reach, Scope, TokenTerms
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.access.domain.tokens import TokenKind
from modelkeep.domains.access.tables import (
    BINDING,
    GROUP,
    MEMBER,
    PRINCIPAL,
    ROLE,
    ROLE_PERMISSION,
)
from modelkeep.domains.catalog import ListQuery, NewVersion, Parent, Relation, VersionRecord, Visibility
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalKind
from modelkeep.kernel.references import ModelName, Reference, parse_selector
from modelkeep.kernel.semver import Version

SHARED, OPEN, CHURN = (ModelName.parse(name) for name in ("fraud/shared", "fraud/open", "growth/churn"))
FIRST = parse_selector("1.0.0")


@pytest.fixture
def world(services: Services, admin: Actor) -> Services:
    """A private, an internal and a public model in one namespace, a private one in another; each with a version."""
    for name, visibility in (
        (SCORER, Visibility.PRIVATE),
        (SHARED, Visibility.INTERNAL),
        (OPEN, Visibility.PUBLIC),
        (CHURN, Visibility.PRIVATE),
    ):
        a_model(services, admin, name, visibility=visibility)
        a_version(services, admin, name, files={"a": str(name).encode()})
    return services


def models(services: Services, actor: Actor) -> set[str]:
    return {str(model.name) for model in services.models.list(actor, ANYTHING, EVERYTHING).items}


def namespaces(services: Services, actor: Actor) -> set[str]:
    return {found.name for found in services.namespaces.list(actor, ANYTHING, EVERYTHING).items}


def versions(services: Services, actor: Actor) -> set[str]:
    return {str(found.model) for found in services.versions.list(actor, ANYTHING, EVERYTHING).items}


def downloads(services: Services, actor: Actor, model: ModelName) -> bool:
    try:
        services.content.open_file(actor, model, FIRST, "a")
    except ForbiddenError:
        return False
    return True


def test_without_a_role_one_sees_what_is_internal_and_downloads_what_is_public(world: Services) -> None:
    for kind in (PrincipalKind.USER, PrincipalKind.SERVICE):
        nobody = somebody(world, kind=kind)
        assert models(world, nobody) == versions(world, nobody) == {"fraud/shared", "fraud/open"}
        assert namespaces(world, nobody) == {"fraud"}
        assert not downloads(world, nobody, SHARED)
        assert downloads(world, nobody, OPEN)


def test_a_pipeline_sees_only_what_it_was_given(world: Services) -> None:
    pipeline = somebody(world, ("contributor", "growth"), kind=PrincipalKind.CI)
    assert models(world, pipeline) == {"growth/churn"}
    assert namespaces(world, pipeline) == {"growth"}


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ("*", {"fraud/scorer", "fraud/shared", "fraud/open", "growth/churn"}),
        ("fraud", {"fraud/scorer", "fraud/shared", "fraud/open"}),
        ("growth/churn", {"fraud/shared", "fraud/open", "growth/churn"}),
        ("growth/absent", {"fraud/shared", "fraud/open"}),
    ],
)
def test_a_role_holds_on_its_scope_and_everything_in_it(world: Services, scope: str, seen: set[str]) -> None:
    viewer = somebody(world, ("viewer", scope))
    assert models(world, viewer) == versions(world, viewer) == seen
    assert namespaces(world, viewer) - {"default"} == {name.partition("/")[0] for name in seen}


def test_an_empty_namespace_is_seen_by_who_has_a_role_on_it(world: Services, admin: Actor) -> None:
    world.namespaces.create(admin, "new", description="")
    assert "new" in namespaces(world, somebody(world, ("viewer", "new")))
    assert "new" not in namespaces(world, somebody(world, ("viewer", "fraud")))


def test_a_role_of_a_group_holds_for_its_members_while_they_are_in_it(world: Services, admin: Actor) -> None:
    member, stranger, at = somebody(world), somebody(world), world.access.clock()
    with world.access.database.transaction() as tx:
        tx.session.execute(insert(GROUP).values(id="g", name="risk", created_at=at, created_by=admin.id))
        tx.session.execute(insert(MEMBER).values(group_id="g", principal_id=member.id, since=at, added_by=admin.id))
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, at))
    bind(world, "g", "viewer", "growth", kind=SubjectType.GROUP)
    assert "growth/churn" in models(world, member)
    assert "growth/churn" not in models(world, stranger)
    with world.access.database.transaction() as tx:
        tx.session.execute(update(MEMBER).values(until=world.access.clock()))
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, at))
    assert "growth/churn" not in models(world, member)


def test_a_role_that_people_made_grants_what_it_names(world: Services, admin: Actor) -> None:
    reader, at = somebody(world, ("downloader", "fraud")), world.access.clock()
    assert not downloads(world, reader, SHARED)
    with world.access.database.transaction() as tx:
        tx.session.execute(
            insert(ROLE).values(name="downloader", description="", created_at=at, created_by=admin.id, revision=1)
        )
        tx.session.execute(insert(ROLE_PERMISSION).values(role="downloader", permission="version.download"))
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, at))
    assert downloads(world, reader, SHARED)


def test_a_binding_stops_at_its_expiry_without_anybody_ending_it(world: Services, clock: ManualClock) -> None:
    viewer = somebody(world)
    bind(world, viewer.id, "viewer", "growth", expires_at=clock() + timedelta(hours=1))
    assert "growth/churn" in models(world, viewer)
    clock.advance(timedelta(hours=1))
    assert "growth/churn" not in models(world, viewer)


def test_a_disabled_principal_sees_nothing_at_once(world: Services, admin: Actor) -> None:
    viewer = somebody(world, "viewer")
    with world.access.database.transaction() as tx:
        tx.session.execute(
            update(PRINCIPAL).where(PRINCIPAL.c.id == viewer.id).values(disabled_at=world.access.clock())
        )
        tx.record(Event("catalog.namespace_deleted", "fraud", admin, world.access.clock()))
    assert models(world, viewer) == namespaces(world, viewer) == set()


def limited(services: Services, actor: Actor, *, permissions: set[str], scopes: set[str]) -> Actor:
    """Return the actor as it acts by a token that is limited."""
    reach = Reach(frozenset(permissions), frozenset(scopes))
    with services.access.database.transaction() as tx:
        issued = services.tokens.issuer.issue(tx, actor.id, TokenTerms(TokenKind.PERSONAL, timedelta(days=1), reach))
        tx.record(issued.token.created(actor))
    return replace(actor, token_id=issued.token.id)


def test_a_token_opens_no_more_than_its_scopes_and_no_more_than_its_principal_may(world: Services) -> None:
    everything, reads = {"*"}, {"model.read", "version.read"}
    viewer = limited(world, somebody(world, "viewer"), permissions=reads, scopes={"growth", "fraud/open"})
    assert models(world, viewer) == {"growth/churn", "fraud/open"}
    assert not downloads(world, viewer, OPEN)
    maker = limited(world, somebody(world, ("contributor", "fraud")), permissions=everything, scopes={"growth"})
    assert models(world, maker) == set()
    useless = limited(world, somebody(world, "admin"), permissions=set(), scopes=everything)
    assert models(world, useless) == set()


def ask_everything(services: Services, actor: Actor, model: ModelName) -> list[str]:
    """Return what each use case says of a model, with the model's name left out."""
    new = NewVersion(
        services.versions.resolve(actor, Reference.parse(f"{OPEN}:1.0.0")).manifest_digest, VersionRecord()
    )
    parent = Parent(f"{model}:1", Relation.MERGED)
    derived = replace(new, version=Version.parse("2.0.0"), record=VersionRecord(parents=(parent,)))
    asks: tuple[Callable[[], object], ...] = (
        lambda: services.models.get(actor, model),
        lambda: services.models.set_tag(actor, model, "a", "b", seen=1),
        lambda: services.models.delete(actor, model, seen=7),
        lambda: services.models.restore(actor, model),
        lambda: services.models.stages(actor, model, EVERYTHING),
        lambda: services.versions.resolve(actor, Reference.parse(f"{model}:1.0.0")),
        lambda: services.versions.resolve(actor, Reference.parse(f"{model}@latest as of 2020-01-01")),
        lambda: services.versions.list(actor, ANYTHING, EVERYTHING, model=model),
        lambda: services.versions.log_metrics(actor, model, FIRST, ()),
        lambda: services.versions.delete(actor, model, FIRST, seen=1),
        lambda: services.versions.restore(actor, model, FIRST),
        lambda: services.aliases.list(actor, model, EVERYTHING),
        lambda: services.aliases.get(actor, model, "champion"),
        lambda: services.aliases.set(actor, model, "champion", FIRST, seen=0),
        lambda: services.content.manifest(actor, model, FIRST),
        lambda: services.content.open_file(actor, model, FIRST, "a"),
        lambda: services.registration.register(actor, model, new),
        lambda: services.registration.register(actor, OPEN, derived),
    )
    said = []
    for ask in asks:
        with pytest.raises(RegistryError) as refusal:
            ask()
        assert refusal.value.kind is Kind.NOT_FOUND
        said.append(f"{refusal.value.code} {refusal.value.message} {refusal.value.details}".replace(str(model), "…"))
    return said


def test_nothing_tells_what_one_may_not_see_from_what_is_not_there(world: Services) -> None:
    actor = somebody(world, ("contributor", str(OPEN)))
    absent = ask_everything(world, actor, ModelName.parse("fraud/absent"))
    assert ask_everything(world, actor, SCORER) == absent
    assert ask_everything(world, actor, CHURN) == [said.replace("growth", "fraud") for said in absent]


def test_knowing_a_digest_gives_nobody_the_content(world: Services, admin: Actor) -> None:
    hidden, shown, public = (
        NewVersion(world.versions.resolve(admin, Reference.parse(f"{name}:1.0.0")).manifest_digest, VersionRecord())
        for name in (CHURN, SHARED, OPEN)
    )
    a_model(world, admin, "team/mine")
    mine, thief = ModelName.parse("team/mine"), somebody(world, ("contributor", "team"))
    for content in (hidden, shown):
        with pytest.raises(RegistryError, match="upload its files first"):
            world.registration.register(thief, mine, content)
    assert world.registration.register(thief, mine, public).value.created


def test_filters_and_orders_find_nothing_that_is_hidden(world: Services, admin: Actor) -> None:
    world.aliases.set(admin, CHURN, "champion", FIRST, seen=0)
    nobody = somebody(world)
    for text in ("namespace = growth", "alias = champion", "name ~ '*churn*'", "not name = x and visibility = private"):
        assert not world.models.list(nobody, ListQuery(text), EVERYTHING).items
    for text in ("namespace = growth", "alias = champion", "created_by exists and namespace != fraud"):
        assert not world.versions.list(nobody, ListQuery(text), EVERYTHING).items
    assert not world.namespaces.list(nobody, ListQuery("name = growth"), EVERYTHING).items


def test_deleting_a_namespace_ends_the_roles_on_it_and_on_models_in_it(services: Services, admin: Actor) -> None:
    services.namespaces.create(admin, "risk", description="")
    member = somebody(services, ("viewer", "risk"), ("viewer", "risk/pd"), ("viewer", "fraud"))
    services.namespaces.delete(admin, "risk", seen=1)
    services.namespaces.create(admin, "risk", description="")
    assert namespaces(services, member) == set()
    with services.access.database.snapshot() as tx:
        ended = tx.session.execute(BINDING.select().where(BINDING.c.until.is_not(None))).all()
    assert {(row.scope, row.ended_by) for row in ended} == {("risk", admin.id), ("risk/pd", admin.id)}


def test_a_check_on_a_scope_knows_the_scopes_around_it(services: Services) -> None:
    maintainer = somebody(services, ("maintainer", "fraud"))
    with services.access.database.snapshot() as tx:
        answers = {
            scope: services.access.allows(tx, maintainer, Permission.GRANT_WRITE, Scope.parse(scope))
            for scope in ("*", "fraud", "fraud/scorer", "fraudulent", "growth/fraud")
        }
    assert answers == {"*": False, "fraud": True, "fraud/scorer": True, "fraudulent": False, "growth/fraud": False}


def test_a_requirement_hides_what_may_not_be_seen_and_forbids_the_rest(services: Services) -> None:
    viewer = somebody(services, ("viewer", "fraud"))
    error = RegistryError("nothing there")
    with services.access.database.snapshot() as tx:
        services.access.require(tx, viewer, Permission.MODEL_READ, Scope("fraud"), absent=error)
        with pytest.raises(ForbiddenError):
            services.access.require(tx, viewer, Permission.MODEL_WRITE, Scope("fraud"), absent=error)
        with pytest.raises(RegistryError, match="nothing there"):
            services.access.require(tx, viewer, Permission.MODEL_WRITE, Scope("growth"), absent=error)
        with pytest.raises(ForbiddenError, match="on the registry"):
            services.access.require(tx, viewer, Permission.AUDIT_READ, REGISTRY)
