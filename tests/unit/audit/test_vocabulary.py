"""The vocabulary of the audit log: complete, true, and growing only."""

import ast
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import cast

import jsonschema_rs
import pytest
from tests.cards import a_card
from tests.events import check_event
from tests.unit.docs.pages import SOURCE, codes, table
from tests.unit.governance.documents import a_document

from modelkeep.domains.access import REGISTRY, Permission
from modelkeep.domains.access.domain.bindings import Binding, Subject, SubjectType
from modelkeep.domains.access.domain.groups import Group
from modelkeep.domains.access.domain.memberships import member_added, member_removed
from modelkeep.domains.access.domain.openid.providers import ProviderDetails, new_provider
from modelkeep.domains.access.domain.passwords import password_refused, password_removed, password_set
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.publishing.conditions import GITHUB_ISSUER, GitHubConditions
from modelkeep.domains.access.domain.publishing.publishers import Publisher
from modelkeep.domains.access.domain.refusals import refusal
from modelkeep.domains.access.domain.roles import Role
from modelkeep.domains.access.domain.sessions import Session
from modelkeep.domains.access.domain.tokens import Revocation, Token
from modelkeep.domains.audit import VOCABULARY, EventType, growth_errors
from modelkeep.domains.audit.domain.event_types import Schema, UndocumentedEventError
from modelkeep.domains.audit.domain.leaf import leaf_of
from modelkeep.domains.audit.domain.vocabulary import event_type
from modelkeep.domains.cards.domain.attachments import Attachment, attachment_added, attachment_removed
from modelkeep.domains.cards.domain.cards import card_revised, revise
from modelkeep.domains.cards.domain.extra_schemas import revised
from modelkeep.domains.catalog.domain.aliases import AliasInterval, alias_removed, alias_set
from modelkeep.domains.catalog.domain.models import Model, ModelDetails, Namespace, Visibility
from modelkeep.domains.catalog.domain.records import Metric, VersionRecord
from modelkeep.domains.catalog.domain.versions import DRAFT, ModelVersion
from modelkeep.domains.governance import (
    Answer,
    Assignment,
    Comment,
    Delegation,
    ExternalCheck,
    PromotionRequest,
    PublishedPolicy,
    Review,
    ReviewVerdict,
    Waiver,
)
from modelkeep.domains.governance.domain.policy_documents import read_policy
from modelkeep.domains.governance.domain.signing_keys import KeyKind, KeyMaterial, NewTrust, TrustedKey
from modelkeep.domains.inspection.domain.contents import FileReading, together
from modelkeep.domains.inspection.domain.facts import FormatFacts
from modelkeep.domains.inspection.domain.inspections import Inspection, allow_list_changed
from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.verdicts import FormatPolicy, Tool, Verdict
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, SessionId, TokenId
from modelkeep.kernel.references import ModelName
from modelkeep.kernel.semver import Version

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
ANA = Actor(PrincipalId("ana"), "Ana", PrincipalKind.USER, frozenset())
SCORER = ModelName("fraud", "scorer")
MAKERS = {"Event", "Reason", "_event", "handed_out", "happened"}
MADE_BY_A_SERVICE = {
    "access.ci_token_minted",
    "access.identity_linked",
    "access.user_logged_in",
    "access.secret_key_changed",
    "governance.evidence_exported",
    "governance.version_signed",
    "governance.vote_cast",
    "governance.vote_lapsed",
    "governance.promotion_rejected",
    "governance.version_promoted",
    "governance.version_replaced",
    "governance.model_archived",
    "governance.version_rolled_back",
    "governance.stage_reverted",
    "governance.break_glass_ended",
    "governance.promotion_escalated",
    "governance.data_withdrawn",
    "governance.promotion_renewed",
    *(name for name in VOCABULARY if name.startswith(("audit.", "content.", "events.job_", "events.subscription_"))),
}
"""Events that no value of a domain makes: service tests hold them against their schema."""


def a_model() -> Model:
    return Model(
        id="m",
        name=SCORER,
        description="",
        task="",
        visibility=Visibility.INTERNAL,
        owners=(),
        tags={"team": "risk"},
        last_number=1,
        created_at=NOW,
        created_by=ANA.id,
        changed_at=NOW,
        changed_by=ANA.id,
    )


def a_version() -> ModelVersion:
    return ModelVersion(
        id="v",
        model_id="m",
        model=SCORER,
        number=1,
        version=Version.parse("1.0.0"),
        stage=DRAFT,
        manifest_digest=Digest.of(b""),
        file_count=0,
        total_size=0,
        record=VersionRecord(tags={"team": "risk"}, metrics=(Metric("auc", 0.94),)),
        aliases=(),
        created_at=NOW,
        created_by=ANA.id,
        changed_at=NOW,
        changed_by=ANA.id,
    )


def a_binding() -> Binding:
    return Binding(
        id="b",
        subject=Subject(SubjectType.USER, "p"),
        role="viewer",
        scope=REGISTRY,
        stage="",
        expires_at=None,
        reason="joins",
        since=NOW,
        granted_by=ANA.id,
    )


def events_of_logins() -> Iterator[Event]:
    details = ProviderDetails("https://login.example.org", "modelkeep")
    provider = new_provider("corporate", details, ANA, NOW)
    conditions = GitHubConditions("octo-org/scorer", "9919", "release.yml")
    publisher = Publisher("p", "ci", GITHUB_ISSUER, conditions, "contributor", (REGISTRY,), ANA.id, NOW, ANA.id)
    yield provider.created(ANA)
    yield provider.change(details, ANA, NOW)[1]
    yield provider.deleted(ANA, NOW)
    yield publisher.created(ANA)
    yield publisher.deleted(ANA, NOW)
    yield member_added("g", ANA.id, ANA, NOW)
    yield member_removed("g", ANA.id, ANA, NOW)


def events_of_versions(version: ModelVersion) -> Iterator[Event]:
    yield version.registered(ANA)
    yield version.describe("new", ANA, NOW)[1]
    yield version.tag("team", "fraud", ANA, NOW)[1]
    yield version.untag("team", ANA, NOW)[1]
    yield version.measure((Metric("auc", 0.95),), ANA, NOW)[1]
    yield version.delete(ANA, NOW)[1]
    yield replace(version, deleted_at=NOW).restore(ANA, NOW)[1]
    yield version.deprecate(None, "fraud/scorer:2.0.0", "slow", ANA, NOW)[1]
    yield version.undeprecate(ANA, NOW)[1]
    yield version.quarantine("leaks", ANA, NOW)[1]
    yield replace(version, quarantined_at=NOW).release("does not", ANA, NOW)[1]


def of_accounts() -> Iterator[Event]:
    account = Principal(PrincipalId("s"), PrincipalKind.SERVICE, "trainer", frozenset(), NOW, owner_id=ANA.id)
    yield account.created(ANA)
    yield account.disable(ANA, NOW)[1]


def of_cards() -> Iterator[Event]:
    card = revise(("v", "fraud/scorer:1.0.0"), None, a_card(), ANA, NOW)
    assert card is not None
    yield card_revised("fraud/scorer:1.0.0", None, card, ANA)
    file = Attachment("v", "a.pdf", "application/pdf", 1, Digest("0" * 64), "", NOW, ANA.id)
    yield attachment_added("fraud/scorer:1.0.0", file, ANA)
    yield attachment_removed("fraud/scorer:1.0.0", file, ANA, NOW)
    asked = revised("fraud", None, {"type": "object"}, ANA, NOW)
    yield asked.event(ANA, None)
    yield revised("fraud", asked, None, ANA, NOW).event(ANA, asked)


def of_inspections() -> Iterator[Event]:
    contents = together([FileReading("model.onnx", 1, FormatFacts("onnx"))])
    tools = (Tool("modelkeep", "1", "rules"),)
    found = Inspection(Digest("0" * 64), contents, 0, Verdict.PASS, FormatPolicy.DATA_ONLY, (), tools, "full", NOW)
    yield found.inspected("fraud/scorer:1.0.0", ANA)
    yield found.rescanned("fraud/scorer:1.0.0", ANA, None)
    yield found.rescanned("fraud/scorer:1.0.0", ANA, found)
    yield allow_list_changed(AllowList.parse(["company.models.Scorer"]), None, ANA, NOW)
    yield allow_list_changed(AllowList(), "rules", ANA, NOW)


def of_signing_keys() -> Iterator[Event]:
    material = KeyMaterial(KeyKind.AUTHORITY, "PEM", "0" * 64)
    new = NewTrust("company", "PEM", "email:*@example.org", NOW, NOW + timedelta(days=1))
    key = TrustedKey.made(new, material, "fraud", "k", ANA, NOW)
    yield key.trusted(ANA)
    yield key.revoke(ANA, NOW, "stolen")[1]


def events() -> Iterator[Event]:
    """Yield what each rule records."""
    namespace, model, version = Namespace("fraud", "", NOW, ANA.id), a_model(), a_version()
    interval = AliasInterval("champion", version.id, 1, version.version, NOW, ANA.id, revision=1)
    yield namespace.created(ANA)
    yield namespace.describe("new", ANA, NOW)[1]
    yield namespace.deleted(ANA, NOW)
    yield model.created(ANA)
    yield model.update(ModelDetails(description="new", task="new", owners=("ana",)), ANA, NOW)[1]
    yield model.tag("team", "fraud", ANA, NOW)[1]
    yield model.untag("team", ANA, NOW)[1]
    yield model.delete(ANA, NOW)[1]
    yield replace(model, deleted_at=NOW).restore(ANA, NOW)[1]
    yield from events_of_versions(version)
    yield alias_set(version, "champion", None, ANA, NOW)
    yield alias_removed(SCORER, interval, ANA, NOW)
    yield from events_of_logins()
    token = Token(TokenId("t"), ANA.id, b"hash", "last", NOW, NOW + timedelta(days=90), name="laptop")
    yield token.created(ANA)
    yield password_set(ANA.id, ANA, NOW)
    yield password_removed(ANA.id, ANA, NOW)
    failed = password_refused(ANA, NOW).event
    assert failed is not None
    yield failed
    yield token.revoke(ANA, NOW, Revocation.LEAKED)[1]
    yield token.expiring(ANA, NOW, 14)
    binding = a_binding()
    yield binding.granted(ANA)
    yield binding.end(ANA, NOW, "has left")[1]
    session = Session(SessionId("s"), ANA.id, b"hash", NOW, NOW, NOW)
    yield session.opened(ANA)
    yield session.end(ANA, NOW)[1]
    group = Group("g", "risk", NOW, ANA.id)
    yield group.created(ANA)
    yield group.delete(ANA, NOW)[1]
    role = Role("releaser", frozenset({Permission.STAGE_PROMOTE}), "Releases", NOW, ANA.id, revision=1)
    yield role.created(ANA, NOW)
    yield role.change(ANA, NOW, permissions=frozenset({Permission.MODEL_READ}), description=None)[1]
    yield role.deleted(ANA, NOW)
    yield from of_accounts()
    yield from of_inspections()
    yield from of_signing_keys()
    yield from of_cards()
    yield from events_of_gates()
    denied = refusal(ANA, Permission.GRANT_WRITE, REGISTRY, NOW).event
    assert denied is not None
    yield denied


def events_of_policies() -> Iterator[Event]:
    policy = read_policy(a_document(), 1)
    yield PublishedPolicy(policy, a_document(), "{}", NOW, ANA.id).published(ANA)
    assignment = Assignment("a", "fraud", policy.name, 1, policy.digest, NOW, ANA.id)
    yield assignment.assigned(ANA, None, "joins")
    yield assignment.assigned(ANA, assignment, "")
    yield assignment.end(ANA, NOW, "leaves")[1]


def events_of_gates() -> Iterator[Event]:
    soon = NOW + timedelta(days=1)
    waiver = Waiver("w", "scan", "m", None, str(SCORER), "seen by hand", NOW, ANA.id, soon)
    yield waiver.granted(ANA)
    yield waiver.end(ANA, NOW)[1]
    yield waiver.expired(ANA, NOW)
    check = ExternalCheck("c", "load-test", "v", f"{SCORER}:1.0.0", "0" * 64, NOW, ANA.id, soon)
    yield check.asked(ANA)
    for answer in (Answer(passed=True, details="fast"), Answer(passed=False)):
        answered = check.answered(answer, ANA, NOW)[1]
        assert answered is not None
        yield answered


def a_request() -> PromotionRequest:
    return PromotionRequest(
        id="r",
        version_id="v",
        model=SCORER,
        version="1.0.0",
        number=1,
        source="Draft",
        target="Staging",
        reason="better",
        author=ANA.id,
        requested_by=ANA.id,
        requested_at=NOW,
        expires_at=NOW + timedelta(days=30),
        policy="default",
        policy_number=1,
    )


def events_of_promotions() -> Iterator[Event]:
    request = a_request()
    yield request.requested(ANA)
    yield request.withdraw(ANA, NOW, "worse")[1]
    yield request.expire(ANA, NOW)[1]
    yield Review(request, NOW).close(ReviewVerdict.OBJECTED, "no", ANA, NOW)[1]
    yield Comment("c", "r", "c", ANA.id, NOW, "why").made(request, ANA)
    delegation = Delegation("d", ANA.id, PrincipalId("bea"), "fraud", NOW, NOW + timedelta(days=1), "away", NOW)
    yield delegation.made(ANA)
    yield delegation.end(ANA, NOW)[1]


@cache
def names_in_source() -> set[str]:
    """Return the first argument of every `Event(...)` and `_event(...)` that is a text."""
    calls = [
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args
    ]
    return {
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in MAKERS and isinstance(call.args[0], ast.Constant)
    }


EVENTS = (*events(), *events_of_policies(), *events_of_promotions())


def test_every_event_is_in_the_vocabulary_and_no_other() -> None:
    assert {name for name, kind in VOCABULARY.items() if not kind.reserved} == names_in_source()


def test_the_rules_above_make_every_event() -> None:
    assert {event.name for event in EVENTS} == names_in_source() - MADE_BY_A_SERVICE


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_is_what_its_type_declares(event: Event) -> None:
    event_type(event.name).check(event)
    check_event(event.name, event.subject, event.data)


def test_types_are_named_once_and_as_their_events() -> None:
    assert len({kind.type for kind in VOCABULARY.values()}) == len(VOCABULARY)
    for name, kind in VOCABULARY.items():
        assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)+", name), name
        assert kind.description.endswith("."), name


@pytest.mark.parametrize("kind", VOCABULARY.values(), ids=lambda kind: kind.type)
def test_the_schema_of_a_type_is_a_schema(kind: EventType) -> None:
    assert jsonschema_rs.meta.is_valid(dict(kind.schema))
    assert set(kind.optional) <= set(kind.data)


CREATED = Event("catalog.model_created", "fraud/scorer", ANA, NOW, {"model_id": "m", "revision": 1})


@pytest.mark.parametrize(
    "event",
    [
        replace(CREATED, data={"model_id": "m"}),
        replace(CREATED, data={**CREATED.data, "colour": "red"}),
        replace(CREATED, texts={"poem": "roses"}),
        replace(CREATED, name="catalog.model_painted"),
        Event("deployments.model_deployed", "fraud/scorer:1.0.0", ANA, NOW),
    ],
    ids=["a member less", "a member more", "a text more", "no such type", "a reserved type"],
)
def test_what_the_vocabulary_does_not_say_is_no_event(event: Event) -> None:
    with pytest.raises(UndocumentedEventError):
        event_type(event.name).check(event)


def changed(**members: object) -> dict[str, object]:
    schema = deepcopy(TINY)
    schema.update(deepcopy(members))
    return schema


TINY: dict[str, object] = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}}},
    "required": ["a"],
}
A, B = TINY["properties"].values()  # type: ignore[attr-defined]  # it is a dictionary


@pytest.mark.parametrize(
    "after",
    [TINY, changed(properties={"a": A, "b": B, "c": {"type": "string"}}), changed(title="Tiny", description="new")],
)
def test_a_schema_may_grow(after: Schema) -> None:
    assert list(growth_errors(cast("Schema", TINY), after)) == []


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        (changed(properties={"a": A}), "data.b: is gone"),
        (changed(properties={"a": {"type": "integer"}, "b": B}), "data.a: the type was string, and is integer"),
        (changed(properties={"a": {"type": ["string", "null"]}, "b": B}), "data.a: the type was"),
        (changed(properties={"a": {"type": "string", "pattern": "x"}, "b": B}), "data.a: the pattern"),
        (changed(required=["a", "b"]), "data: what is required has changed"),
        (changed(required=[]), "data: what is required has changed"),
        (changed(properties={"a": A, "b": {"type": "array", "items": A}}), "data.b[]: the type was integer"),
    ],
)
def test_a_schema_may_not_lose_or_change_anything(after: Schema, problem: str) -> None:
    (found,) = growth_errors(cast("Schema", TINY), after)
    assert found.startswith(problem)


def test_values_of_an_enumeration_are_added_but_never_removed() -> None:
    few, many = {"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}
    assert list(growth_errors(few, many)) == []
    assert list(growth_errors(many, few)) == ["data: values are gone that older entries have"]


def test_the_members_of_a_leaf_are_documented_and_no_other() -> None:
    leaf = leaf_of(EVENTS[0], seq=0, at=NOW, texts={})
    documented = {name for row in table("reference/audit-events.md", "Member") for name in codes(row["Member"])}
    assert documented == set(json.loads(leaf.payload))
