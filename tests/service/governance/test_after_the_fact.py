"""Emergencies, rollbacks, reviews, delegations, comments, and what becomes of requests by themselves."""

from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_version
from tests.people import a_service_account, bind, somebody
from tests.registries import ManualClock
from tests.service.governance.promoting import Office

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError, NewToken, Reach, Scope
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.audit import AuditReader, EntryQuery
from modelkeep.domains.catalog import DataRef, Metric, VersionRecord
from modelkeep.domains.governance import (
    CelEngine,
    CommentVerdict,
    GateEvaluator,
    Goal,
    InboxItem,
    Lookout,
    Manner,
    NewAssignment,
    NewComment,
    NewDelegation,
    Renewals,
    RequestStatus,
    ReviewVerdict,
    Upkeep,
    Waiting,
    fact_sources,
)
from modelkeep.domains.governance.domain.delegations import SelfDelegationError
from modelkeep.domains.governance.domain.emergencies import BreakGlassRefusedError
from modelkeep.domains.governance.domain.requests import PromotionBlockedError, VoteNotCountedError
from modelkeep.domains.governance.domain.rollbacks import NothingHeldError, RollbackBlockedError
from modelkeep.domains.governance.service.promotion.upkeep import SYSTEM
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.ids import uuid7
from modelkeep.kernel.references import Number, Reference

WEEK = timedelta(days=7)


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    return Office.opened(services, admin)


@pytest.fixture
def upkeep(services: Services, clock: ManualClock) -> Upkeep:
    database = services.access.database
    lookout = Lookout(GateEvaluator(CelEngine(), fact_sources({})), lambda _tx, _version: "")
    return Upkeep(database, lookout, Renewals(lookout, uuid7(clock)), AuditReader(database), clock)


def inbox(services: Services, actor: Actor) -> list[tuple[Waiting, int]]:
    return [(item.waiting, item.request.number) for item in items(services, actor)]


def items(services: Services, actor: Actor) -> tuple[InboxItem, ...]:
    return services.governance.inbox.list(actor, EVERYTHING).items


def test_rollback_goes_to_what_held_the_stage_then(office: Office, services: Services, clock: ManualClock) -> None:
    first = office.in_production()
    clock.advance(WEEK)
    second = office.in_production()
    clock.advance(timedelta(days=1))
    rollbacks, goal = services.governance.rollbacks, Goal("7 days ago", reason="it predicts nonsense")
    plan = rollbacks.plan(office.max, SCORER, goal)
    assert (plan.version.number, [left.number for left in plan.leaving], plan.ready) == (1, [2], True)
    assert office.now(second).stage == "Production"
    done = rollbacks.roll_back(office.max, SCORER, goal)
    assert done.receipt is not None
    assert (office.now(first).stage, office.now(second).stage) == ("Production", "Archived")
    assert done.value.request is not None
    assert done.value.request.manner is Manner.ROLLBACK
    found = services.versions.resolve(office.ana, Reference.parse(f"{SCORER}@production"))
    assert found.found_by is not None
    assert found.found_by.entry == done.receipt
    assert (Waiting.REVIEW, 1) in inbox(services, office.legal)
    assert (Waiting.REVIEW, 1) not in inbox(services, office.max)
    assert rollbacks.roll_back(office.max, SCORER, Goal("1", reason="again")).receipt is None


def test_rollback_refuses_what_cannot_be_used(office: Office, services: Services, clock: ManualClock) -> None:
    first = office.in_production()
    clock.advance(WEEK)
    office.in_production()
    rollbacks = services.governance.rollbacks
    services.versions.quarantine(office.max, SCORER, Number(first.number), reason="a backdoor")
    with pytest.raises(RollbackBlockedError, match="it is in quarantine"):
        rollbacks.roll_back(office.max, SCORER, Goal("1.0.0", reason="back"))
    services.versions.release(office.max, SCORER, Number(first.number), reason="none")
    clock.advance(timedelta(days=100))
    with pytest.raises(RollbackBlockedError, match="more than 90 days ago"):
        rollbacks.roll_back(office.max, SCORER, Goal("1.0.0", reason="back"))
    draft = office.version()
    with pytest.raises(RollbackBlockedError, match="never held Production"):
        rollbacks.roll_back(office.max, SCORER, Goal(str(draft.version), reason="back"))
    with pytest.raises(NothingHeldError):
        rollbacks.plan(office.max, SCORER, Goal("1000 days ago"))
    with pytest.raises(InvalidValueError):
        rollbacks.roll_back(office.max, SCORER, Goal("1.0.0"))


def test_break_glass_holds_for_a_time_and_is_reviewed(office: Office, services: Services, clock: ManualClock) -> None:
    first = office.in_production()
    second = office.version()
    emergencies, reference = services.governance.emergencies, Reference.parse(second.reference)
    with pytest.raises(BreakGlassRefusedError, match="maintainer"):
        emergencies.break_glass(somebody(services, "admin"), reference, "Production", reason="it burns")
    made = emergencies.break_glass(office.max, reference, "Production", reason="it burns").value.request
    assert (made.manner, made.status) == (Manner.BREAK_GLASS, RequestStatus.PROMOTED)
    assert (office.now(first).stage, office.now(second).stage) == ("Archived", "Production")
    assert (Waiting.REVIEW, 2) in inbox(services, office.lead)
    bind(services, office.max.id, "TEAM_LEAD", "fraud")
    with pytest.raises(VoteNotCountedError, match="somebody else must look"):
        services.governance.reviews.finish(office.max, made.id, ReviewVerdict.ACCEPTED, comment="")
    clock.advance(timedelta(days=3))
    assert (Waiting.REVIEW_OVERDUE, 2) in inbox(services, office.lead)
    assert emergencies.end_expired(SYSTEM) == 1
    assert emergencies.end_expired(SYSTEM) == 0
    assert (office.now(first).stage, office.now(second).stage) == ("Production", "Draft")
    review = services.governance.reviews.finish(office.lead, made.id, ReviewVerdict.OBJECTED, comment="no fire").value
    assert review.closed_by == office.lead.id
    assert inbox(services, office.lead) == []


def test_an_emergency_that_follows_another_makes_it_no_longer(
    office: Office, services: Services, clock: ManualClock
) -> None:
    version, emergencies = office.version(), services.governance.emergencies
    reference = Reference.parse(version.reference)
    for stage in ("Staging", "Production"):
        emergencies.break_glass(office.max, reference, stage, reason="it burns")
        clock.advance(timedelta(hours=1))
    clock.advance(timedelta(days=3))
    assert emergencies.end_expired(SYSTEM) == 2
    assert office.now(version).stage == "Draft"


def test_nobody_reviews_what_they_or_their_account_did(office: Office, services: Services) -> None:
    owner = somebody(services, ("TEAM_LEAD", "fraud"))
    account = a_service_account(services, owner)
    bind(services, account.id, "contributor", "fraud", kind=SubjectType.SERVICE)
    robot = Actor(account.id, account.name, account.kind, frozenset())
    author = somebody(services, ("contributor", "fraud"), ("TEAM_LEAD", "fraud"))
    reviews, emergencies = services.governance.reviews, services.governance.emergencies
    for person, version in ((owner, a_version(services, robot)), (author, a_version(services, author))):
        reference = Reference.parse(version.reference)
        made = emergencies.break_glass(office.max, reference, "Production", reason="it burns").value.request
        with pytest.raises(VoteNotCountedError, match="somebody else must look"):
            reviews.finish(person, made.id, ReviewVerdict.ACCEPTED, comment="")
    assert [number for waiting, number in inbox(services, author) if waiting is Waiting.REVIEW] == [1]
    assert reviews.finish(office.lead, made.id, ReviewVerdict.ACCEPTED, comment="").receipt is not None


def test_a_token_that_may_not_approve_delegates_nothing(office: Office, services: Services, clock: ManualClock) -> None:
    delegations, stand_in = services.governance.delegations, somebody(services, ("viewer", "fraud"))
    bind(services, office.lead.id, "contributor", "fraud")
    for permissions, scopes in ((["version.read"], []), (["stage.approve"], ["fraud/scorer"])):
        wanted = NewToken(Reach.parse(permissions, scopes, []))
        by_token = services.authentication.authenticate(
            services.tokens.create(office.lead, wanted).value.secret, RequestInfo("test")
        )
        with pytest.raises(ForbiddenError):
            delegations.delegate(by_token, NewDelegation(stand_in.id, Scope.parse("fraud"), clock() + WEEK))
    narrow = NewDelegation(stand_in.id, Scope.parse("fraud/scorer"), clock() + WEEK)
    assert delegations.delegate(by_token, narrow).receipt is not None


def test_a_delegate_answers_in_the_place_of_somebody(office: Office, services: Services, clock: ManualClock) -> None:
    stand_in = somebody(services, ("viewer", "fraud"), name="stand-in")
    delegations, until = services.governance.delegations, clock() + WEEK
    new = NewDelegation(stand_in.id, Scope.parse("fraud"), until)
    made = delegations.delegate(office.lead, new).value
    with pytest.raises(SelfDelegationError):
        delegations.delegate(office.lead, NewDelegation(office.lead.id, Scope.parse("fraud"), until))
    request = office.request(office.version(), "Staging").value.request
    assert inbox(services, stand_in) == [(Waiting.VOTE, 1)]
    asked = office.vote(request.id, stand_in)
    assert [(vote.voter, vote.delegator) for vote in asked.votes] == [(stand_in.id, office.lead.id)]
    assert asked.situation is not None
    assert asked.situation.ready
    with pytest.raises(VoteNotCountedError, match="in your place"):
        office.vote(request.id, office.lead)
    delegations.end(office.lead, made.id)
    other = office.request(office.version(), "Staging").value.request
    assert inbox(services, stand_in) == []
    with pytest.raises(ForbiddenError):
        office.vote(other.id, stand_in)


def test_the_vote_of_a_delegate_who_is_disabled_counts_no_more(
    office: Office, services: Services, admin: Actor, clock: ManualClock
) -> None:
    stand_in = somebody(services, ("viewer", "fraud"))
    services.governance.delegations.delegate(
        office.lead, NewDelegation(stand_in.id, Scope.parse("fraud"), clock() + WEEK)
    )
    request = office.request(office.version(), "Staging").value.request
    office.vote(request.id, stand_in)
    services.principals.disable(admin, stand_in.id)
    with pytest.raises(PromotionBlockedError, match="TEAM_LEAD"):
        office.promote(request.id)
    office.vote(request.id, office.lead)
    assert office.promote(request.id).receipt is not None


def test_changes_that_a_reviewer_requests_stop_a_promotion(office: Office, services: Services) -> None:
    request = office.request(office.version(), "Staging").value.request
    office.vote(request.id, office.lead)
    reviews = services.governance.reviews
    first = reviews.comment(
        office.legal, request.id, NewComment("say where the data is from", CommentVerdict.REQUEST_CHANGES)
    ).value
    with pytest.raises(PromotionBlockedError, match="requested changes"):
        office.promote(request.id)
    reviews.comment(office.ana, request.id, NewComment("done", thread=first.thread))
    reviews.comment(office.legal, request.id, NewComment("thanks", CommentVerdict.APPROVE, first.thread))
    said = reviews.comments(office.ana, request.id, EVERYTHING).items
    assert [(comment.author, comment.thread == first.thread) for comment in said] == [
        (office.legal.id, True),
        (office.ana.id, True),
        (office.legal.id, True),
    ]
    assert office.promote(request.id).receipt is not None


def test_the_inbox_shows_lapsed_votes_first_and_what_one_waits_for(
    office: Office, services: Services, upkeep: Upkeep, admin: Actor
) -> None:
    first, second = office.version(), office.version()
    for version in (second, first):
        office.request(version, "Staging")
    assert inbox(services, office.lead) == [(Waiting.VOTE, 2), (Waiting.VOTE, 1)]
    assert inbox(services, office.ana) == [(Waiting.MINE, 2), (Waiting.MINE, 1)]
    assert inbox(services, office.legal) == []
    voted = [item.request for item in items(services, office.lead) if item.request.number == 1]
    office.vote(voted[0].id, office.lead)
    assert inbox(services, office.lead) == [(Waiting.VOTE, 2)]
    services.versions.log_metrics(office.ana, SCORER, Number(1), (Metric("auc", 0.5),))
    while upkeep.note_lapses():
        pass
    assert inbox(services, office.lead) == [(Waiting.VOTE_AGAIN, 1), (Waiting.VOTE, 2)]
    lapsed = items(services, office.lead)[0].lapsed
    assert lapsed is not None
    assert [difference.what for difference in lapsed.differences] == ["metrics_digest"]
    assert len(services.audit.list(admin, EntryQuery(type="VOTE_LAPSED"), EVERYTHING).items) == 1
    assert not upkeep.behind()


def test_withdrawn_data_lapses_the_approvals_of_what_is_trained_on_it(
    office: Office, services: Services, upkeep: Upkeep, admin: Actor
) -> None:
    version = office.version(VersionRecord(training_data=(DataRef(uri="s3://lake/tx"),)))
    request = office.request(version, "Staging").value.request
    office.vote(request.id, office.lead)
    withdrawn = services.governance.data.withdraw(admin, "s3://lake/tx", reason="consent was taken back")
    assert withdrawn.receipt is not None
    assert services.governance.data.withdraw(admin, "s3://lake/tx", reason="again").receipt is None
    while upkeep.note_lapses():
        pass
    (vote,) = services.governance.promotions.get(office.ana, request.id).votes
    assert [difference.what for difference in vote.differences] == ["training_data_digest"]
    with pytest.raises(PromotionBlockedError):
        office.promote(request.id)


def test_requests_that_nobody_answers_in_time_are_closed_by_themselves(
    office: Office, services: Services, upkeep: Upkeep, clock: ManualClock
) -> None:
    request = office.request(office.version(), "Staging").value.request
    assert upkeep.keep_time() == 0
    clock.advance(timedelta(days=31))
    assert upkeep.keep_time() == 1
    assert services.governance.promotions.get(office.ana, request.id).request.status is RequestStatus.EXPIRED
    assert upkeep.keep_time() == 0


def test_a_step_that_nobody_answers_is_escalated(
    office: Office, services: Services, admin: Actor, upkeep: Upkeep, clock: ManualClock
) -> None:
    services.governance.policies.assign(admin, NewAssignment("*", "regulated"))
    boss = somebody(services, "admin")
    office.request(office.version(), "Staging")
    assert inbox(services, boss) == []
    assert upkeep.keep_time() == 0
    clock.advance(timedelta(days=15))
    assert upkeep.keep_time() == 1
    assert upkeep.keep_time() == 0
    assert inbox(services, boss) == [(Waiting.VOTE, 1)]
    (entry,) = services.audit.list(admin, EntryQuery(type="PROMOTION_ESCALATED"), EVERYTHING).items
    assert entry.data["roles"] == ["admin"]
    assert office.vote(items(services, boss)[0].request.id, boss).votes[0].step == "independent validation"
