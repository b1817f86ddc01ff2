"""A version moves to a stage because people said that it may, on evidence that is the same when it moves."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.builders import EVERYTHING, SCORER, a_version
from tests.people import a_service_account, a_token_for, bind, somebody
from tests.registries import ManualClock
from tests.service.governance.promoting import APPROVAL, REJECTION, Office

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, BindingQuery, ForbiddenError, NewPublisher, NewToken, Reach
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.access.domain.publishing.conditions import GITHUB_ISSUER, GitHubConditions
from modelkeep.domains.audit import EntryQuery
from modelkeep.domains.catalog import Metric
from modelkeep.domains.governance import (
    Ballot,
    Conditions,
    Decision,
    Lapse,
    NewAssignment,
    RequestQuery,
    RequestStatus,
)
from modelkeep.domains.governance.domain.requests import (
    MoveNotAllowedError,
    PromotionBlockedError,
    RequestClosedError,
    RequestNotFoundError,
    UnknownStageError,
    VoteNotCountedError,
)
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor, PrincipalKind, RequestInfo
from modelkeep.kernel.references import Number, Reference


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    return Office.opened(services, admin)


def test_a_version_goes_to_production_when_all_who_must_have_approved(office: Office) -> None:
    first = office.in_production()
    second = office.staged()
    request = office.request(second, "production").value.request
    office.vote(request.id, office.lead, office.legal)
    with pytest.raises(PromotionBlockedError, match="0 of 1 approval by SECURITY") as refused:
        office.promote(request.id)
    (clause,) = cast("list[dict[str, Any]]", refused.value.details["clauses"])
    assert (clause["name"], clause["role"], clause["ask"]) == ("approval:SECURITY", "SECURITY", [office.security.id])
    office.vote(request.id, office.security)
    promoted = office.promote(request.id)
    assert promoted.value.request.status is RequestStatus.PROMOTED
    assert (office.now(second).stage, office.now(first).stage) == ("Production", "Archived")
    found = office.services.versions.resolve(office.ana, Reference.parse(f"{SCORER}@production"))
    assert found.number == second.number
    assert found.found_by is not None
    assert found.found_by.entry == promoted.receipt
    stages = office.services.models.stages(office.ana, SCORER, EVERYTHING).items
    assert [(item.number, item.stage) for item in stages if item.until is None] == [(2, "Production"), (1, "Archived")]
    assert all(item.entry for item in stages)


def test_what_was_in_production_at_a_time_is_known_for_ever(office: Office, clock: ManualClock) -> None:
    first = office.in_production()
    clock.advance(timedelta(days=7))
    then = clock()
    clock.advance(timedelta(days=7))
    second = office.in_production()
    past = office.services.versions.resolve(office.ana, Reference.parse(f"{SCORER}@production").at(then))
    assert (past.number, past.stage) == (first.number, "Production")
    assert office.now(second).stage == "Production"


def test_a_request_is_made_once_and_promoted_once(office: Office) -> None:
    version = office.version()
    made, again = office.request(version, "Staging"), office.request(version, "staging", office.max)
    assert made.receipt is not None
    assert (again.value.request, again.receipt) == (made.value.request, None)
    office.vote(made.value.request.id, office.lead)
    assert office.promote(made.value.request.id).receipt is not None
    assert office.promote(made.value.request.id).receipt is None
    with pytest.raises(MoveNotAllowedError, match="it holds Staging already"):
        office.request(version, "Staging")


def test_neither_who_asked_nor_the_author_answers(office: Office, services: Services) -> None:
    author = somebody(services, "admin", "TEAM_LEAD")
    asker = somebody(services, "admin", "TEAM_LEAD")
    version = Office(services, author, author, author, author, author).version()
    request = office.request(version, "Staging", asker).value.request
    for person, part in ((author, "registered the version"), (asker, "asked for it")):
        with pytest.raises(VoteNotCountedError, match=part):
            office.vote(request.id, person)
    assert office.vote(request.id, office.lead).situation.ready  # type: ignore[union-attr]  # it is open


def test_the_owner_of_the_account_that_asked_does_not_answer(office: Office, services: Services) -> None:
    owner = somebody(services, "TEAM_LEAD")
    account = a_service_account(services, owner)
    robot = Actor(account.id, account.name, account.kind, frozenset())
    bind(services, account.id, "contributor")
    request = office.request(office.version(), "Staging", robot).value.request
    with pytest.raises(VoteNotCountedError, match="own who asked"):
        office.vote(request.id, owner)


def test_who_made_a_token_of_the_account_that_asked_does_not_answer(office: Office, services: Services) -> None:
    maker = somebody(services, "admin", "TEAM_LEAD")
    account = a_service_account(services, somebody(services))
    bind(services, account.id, "contributor", kind=SubjectType.SERVICE)
    robot = a_token_for(services, maker, account)
    request = office.request(office.version(), "Staging", robot).value.request
    with pytest.raises(VoteNotCountedError, match="own who asked"):
        office.vote(request.id, maker)
    assert office.vote(request.id, office.lead).situation.ready  # type: ignore[union-attr]  # it is open


def test_who_made_the_publisher_of_the_job_that_asked_does_not_answer(office: Office, services: Services) -> None:
    maker = somebody(services, "admin", "TEAM_LEAD")
    conditions = GitHubConditions("octo-org/scorer", "9919", "release.yml")
    new = NewPublisher("release", GITHUB_ISSUER, conditions, "contributor", (REGISTRY,))
    publisher = services.logins.publishing.create(maker, new).value
    job = Actor(publisher.principal_id, "ci:release", PrincipalKind.CI, frozenset())
    request = office.request(a_version(services, job), "Staging", job).value.request
    services.logins.publishing.delete(maker, "release")
    with pytest.raises(VoteNotCountedError, match="own who asked"):
        office.vote(request.id, maker)
    assert office.vote(request.id, office.lead).situation.ready  # type: ignore[union-attr]  # it is open


def test_programs_do_not_answer(office: Office, services: Services) -> None:
    request = office.request(office.version(), "Staging").value.request
    with pytest.raises(VoteNotCountedError, match="only people answer"):
        office.vote(request.id, somebody(services, "TEAM_LEAD", kind=PrincipalKind.SERVICE))
    with pytest.raises(ForbiddenError):
        office.vote(request.id, somebody(services, "TEAM_LEAD", kind=PrincipalKind.CI))


def test_who_holds_no_role_that_is_asked_for_does_not_answer(office: Office, services: Services) -> None:
    request = office.request(office.version(), "Staging").value.request
    with pytest.raises(VoteNotCountedError, match="it now asks TEAM_LEAD"):
        office.vote(request.id, office.legal)
    with pytest.raises(ForbiddenError):
        office.vote(request.id, somebody(services, "viewer"))
    with pytest.raises(RequestNotFoundError):
        office.vote(request.id, somebody(services))
    with pytest.raises(RequestNotFoundError):
        office.vote("nothing", office.lead)


def test_a_vote_lapses_with_what_it_was_given_on(office: Office, services: Services, admin: Actor) -> None:
    version = office.staged()
    request = office.request(version, "Production").value.request
    office.vote(request.id, office.lead, office.legal, office.security)
    services.versions.log_metrics(office.ana, SCORER, Number(version.number), (Metric("auc", 0.1),))
    with pytest.raises(PromotionBlockedError, match="0 of 1 approval by TEAM_LEAD"):
        office.promote(request.id)
    office.vote(request.id, office.lead)
    lapsed = [vote for vote in services.governance.promotions.get(office.ana, request.id).votes if vote.ended_at]
    assert {vote.lapse for vote in lapsed} == {Lapse.EVIDENCE}
    assert {difference.what for vote in lapsed for difference in vote.differences} == {"metrics_digest"}
    entries = services.audit.list(admin, EntryQuery(type="VOTE_LAPSED"), EVERYTHING).items
    assert len(entries) == 3
    office.vote(request.id, office.legal, office.security)
    assert office.promote(request.id).value.version.stage == "Production"


def test_an_approval_with_a_term_counts_until_then(office: Office, clock: ManualClock) -> None:
    request = office.request(office.version(), "Staging").value.request
    conditions = Conditions("a trial", {"max_traffic_percent": 25}, clock() + timedelta(days=1))
    office.vote(request.id, office.lead, ballot=Ballot(Decision.APPROVE, conditions=conditions))
    clock.advance(timedelta(days=2))
    with pytest.raises(PromotionBlockedError):
        office.promote(request.id)
    office.vote(request.id, office.lead)
    assert office.promote(request.id).value.version.stage == "Staging"
    with pytest.raises(InvalidValueError, match="expired already"):
        office.vote(request.id, office.lead, ballot=Ballot(Decision.APPROVE, conditions=conditions))


def test_a_rejection_closes_the_request(office: Office) -> None:
    version = office.version()
    request = office.request(version, "Staging").value.request
    assert office.vote(request.id, office.lead, ballot=REJECTION).request.status is RequestStatus.REJECTED
    with pytest.raises(RequestClosedError, match="rejected"):
        office.promote(request.id)
    assert office.request(version, "Staging").value.request.id != request.id


def test_a_request_that_nobody_answers_expires(office: Office, clock: ManualClock) -> None:
    version = office.version()
    request = office.request(version, "Staging").value.request
    clock.advance(timedelta(days=31))
    with pytest.raises(RequestClosedError, match="expired"):
        office.vote(request.id, office.lead)
    renewed = office.request(version, "Staging").value.request
    assert renewed.id != request.id
    found = office.services.governance.promotions.list(office.ana, RequestQuery(model=SCORER), EVERYTHING).items
    assert [item.status for item in found] == [RequestStatus.OPEN, RequestStatus.EXPIRED]


def test_a_request_is_withdrawn_by_who_asked_or_who_may_promote(office: Office) -> None:
    version = office.version()
    for actor in (office.ana, office.max):
        request = office.request(version, "Staging").value.request
        with pytest.raises(ForbiddenError):
            office.services.governance.promotions.withdraw(office.lead, request.id)
        withdrawn = office.services.governance.promotions.withdraw(actor, request.id, reason="a better one comes")
        assert withdrawn.value.request.status is RequestStatus.WITHDRAWN
        assert office.services.governance.promotions.withdraw(actor, request.id).receipt is None


def test_a_token_that_may_not_request_withdraws_nothing(office: Office, services: Services) -> None:
    request = office.request(office.version(), "Staging").value.request
    for permission, withdrawn in (("version.read", False), ("stage.request", True)):
        wanted = NewToken(Reach.parse(["version.read", permission], [], []))
        token = services.tokens.create(office.ana, wanted).value
        by_token = services.authentication.authenticate(token.secret, RequestInfo("test"))
        with nullcontext() if withdrawn else pytest.raises(ForbiddenError):
            services.governance.promotions.withdraw(by_token, request.id)
    assert services.governance.promotions.get(office.ana, request.id).request.status is RequestStatus.WITHDRAWN


def test_a_vote_that_is_given_again_changes_nothing(office: Office) -> None:
    request = office.request(office.version(), "Staging").value.request
    first = office.services.governance.votes.cast_vote(office.lead, request.id, APPROVAL)
    again = office.services.governance.votes.cast_vote(office.lead, request.id, APPROVAL)
    assert (again.value.votes, again.receipt) == (first.value.votes, None)
    changed = office.vote(request.id, office.lead, ballot=Ballot(Decision.APPROVE, "still"))
    assert [vote.lapse for vote in changed.votes] == [Lapse.REPLACED, None]
    assert changed.situation is not None
    assert changed.situation.ready


def test_a_role_that_was_taken_back_no_longer_counts(office: Office, services: Services, admin: Actor) -> None:
    request = office.request(office.version(), "Staging").value.request
    office.vote(request.id, office.lead)
    (binding,) = [
        one
        for one in services.grants.list(admin, BindingQuery(role="TEAM_LEAD"), EVERYTHING).items
        if one.subject.id == office.lead.id
    ]
    services.grants.revoke(admin, binding.id)
    with pytest.raises(PromotionBlockedError, match="TEAM_LEAD"):
        office.promote(request.id)


def test_why_says_what_is_missing_without_a_request(office: Office) -> None:
    version = office.version()
    promotions = office.services.governance.promotions
    why = promotions.why(office.ana, Reference.parse(version.reference), "staging")
    assert [(clause.name, clause.holds) for clause in why.clauses] == [
        ("move", True),
        ("request", False),
        ("approval:TEAM_LEAD", False),
    ]
    assert "modelkeep promote fraud/scorer:1.0.0 Staging" in why.clauses[1].to_do
    direct = promotions.why(office.ana, Reference.parse(version.reference), "Production")
    assert "go to Staging or Archived first" in direct.clauses[0].to_do
    with pytest.raises(UnknownStageError, match="no stage 'Live'; there are Draft, Staging"):
        promotions.why(office.ana, Reference.parse(version.reference), "Live")
    with pytest.raises(MoveNotAllowedError, match="no version go from Draft to Production"):
        office.request(version, "Production")


def test_a_version_in_quarantine_is_not_promoted(office: Office, services: Services) -> None:
    version = office.version()
    request = office.request(version, "Staging").value.request
    office.vote(request.id, office.lead)
    services.versions.quarantine(office.max, SCORER, Number(version.number), reason="a backdoor")
    with pytest.raises(PromotionBlockedError, match="quarantine"):
        office.promote(request.id)


def test_under_the_open_policy_a_request_moves_the_version_at_once(
    office: Office, services: Services, admin: Actor
) -> None:
    services.governance.policies.assign(admin, NewAssignment("*", "open"))
    version = office.version()
    asked = office.request(version, "Production").value
    assert (asked.request.status, asked.situation.ready) == (RequestStatus.OPEN, True)  # type: ignore[union-attr]  # open
    assert office.promote(asked.request.id).value.version.stage == "Production"
    second = office.request(office.version(), "Production", office.max).value
    assert (second.request.status, second.version.stage) == (RequestStatus.PROMOTED, "Production")
    assert office.now(version).stage == "Archived"
