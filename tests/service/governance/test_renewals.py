"""Approvals of what holds a stage lapse with what they were given on, and people are asked to renew them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER
from tests.cards import a_card
from tests.people import bind, somebody
from tests.registries import ManualClock
from tests.service.governance.promoting import APPROVAL, REJECTION, Office

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import AuditReader, EntryQuery
from modelkeep.domains.cards import current_card
from modelkeep.domains.catalog import DataRef, Metric, ModelVersion, VersionRecord
from modelkeep.domains.governance import (
    Ballot,
    CelEngine,
    Conditions,
    Decision,
    GateEvaluator,
    Goal,
    Lookout,
    Manner,
    NewAssignment,
    PromotionRequest,
    Renewals,
    RequestQuery,
    RequestStatus,
    Upkeep,
    Waiting,
    fact_sources,
)
from modelkeep.domains.governance.domain.requests import (
    MoveNotAllowedError,
    PromotionBlockedError,
    RequestClosedError,
    VoteNotCountedError,
)
from modelkeep.domains.governance.service.promotion.upkeep import SYSTEM
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import uuid7
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Transaction

DATA = "s3://lake/tx"
REVIEWED = """
name: reviewed
stages:
  - name: Draft
  - name: Production
    exclusive: true
    replaced_to: Archived
  - name: Archived
moves:
  - from: Draft
    to: Production
    approvals:
      steps:
        - role: TEAM_LEAD
      expires_after: 30d
    gates:
      - id: better
        kind: cel
        config:
          expression: current == null || metrics.auc > current.metrics.auc
review_every:
  Production: 26w
"""


def card_digest(tx: Transaction, version_id: str) -> str:
    card = current_card(tx, version_id)
    return "" if card is None else str(card.digest)


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    return Office.opened(services, admin)


@pytest.fixture
def upkeep(services: Services, clock: ManualClock) -> Upkeep:
    database = services.access.database
    lookout = Lookout(GateEvaluator(CelEngine(), fact_sources({})), card_digest)
    return Upkeep(database, lookout, Renewals(lookout, uuid7(clock)), AuditReader(database), clock)


def noted(upkeep: Upkeep) -> None:
    while upkeep.note_lapses():
        pass


def edit_card(office: Office, version: ModelVersion, text: str = "Scores card payments.") -> None:
    card, reference = a_card(overview={"description": text}), Reference.parse(version.reference)
    office.services.cards.cards.edit(office.ana, reference, card, seen=None)


def renewals(office: Office, status: RequestStatus | None = RequestStatus.OPEN) -> list[PromotionRequest]:
    found = office.services.governance.promotions.list(office.ana, RequestQuery(status=status), EVERYTHING)
    return [request for request in found.items if request.renews is not None]


def renewal(office: Office) -> PromotionRequest:
    (request,) = renewals(office)
    return request


def waiting(office: Office, actor: Actor) -> list[tuple[Waiting, str]]:
    return [(item.waiting, item.request.id) for item in office.services.governance.inbox.list(actor, EVERYTHING).items]


def says(office: Office, version: ModelVersion) -> list[str]:
    found = office.services.governance.promotions.why(office.ana, Reference.parse(version.reference), "Production")
    return [clause.says for clause in found.clauses if clause.name == "approvals"]


def actions(services: Services, admin: Actor) -> list[str]:
    listed = services.audit.list(admin, EntryQuery(), EVERYTHING).items
    return [entry.action.removeprefix("governance.") for entry in reversed(listed) if "governance" in entry.action]


def test_an_edit_of_the_card_in_production_asks_the_approvers_again(
    office: Office, services: Services, admin: Actor, upkeep: Upkeep
) -> None:
    version = office.in_production()
    promotion = services.governance.promotions.list(office.ana, RequestQuery(), EVERYTHING).items[0]
    since = office.now(version).changed_at
    noted(upkeep)
    assert renewals(office) == []
    edit_card(office, version)
    noted(upkeep)
    request = renewal(office)
    assert (request.renews, request.source, request.target) == (promotion.id, "Staging", "Production")
    assert (request.reason, request.requested_by) == (
        "since it was approved there has changed: the model card",
        SYSTEM.id,
    )
    votes = services.governance.promotions.get(office.ana, promotion.id).votes
    assert {(vote.lapse, vote.differences[0].what) for vote in votes} == {("evidence", "card_digest")}
    assert actions(services, admin)[-4:] == ["vote_lapsed"] * 3 + ["promotion_requested"]
    assert waiting(office, office.legal) == [(Waiting.VOTE_AGAIN, request.id)]
    (item,) = services.governance.inbox.list(office.legal, EVERYTHING).items
    assert item.lapsed is not None
    assert item.lapsed.request_id == promotion.id
    assert waiting(office, office.ana) == [(Waiting.MINE, request.id)]
    assert office.now(version).stage == "Production"
    office.vote(request.id, office.lead, office.legal)
    edit_card(office, version, "Scores card payments, twice.")
    noted(upkeep)
    assert renewal(office) == request, "one renewal is open, whatever else changes"
    asked = office.vote(request.id, office.lead, office.legal, office.security)
    assert (asked.request.status, asked.request.manner) == (RequestStatus.PROMOTED, Manner.RENEWED)
    assert actions(services, admin)[-1] == "promotion_renewed"
    assert says(office, version) == [f"request {request.id} is what approves it"]
    assert office.now(version).changed_at == since, "nothing has changed of the version, nor of its stage"
    noted(upkeep)
    assert renewals(office) == []
    assert waiting(office, office.legal) == []


def test_who_has_a_part_in_the_promotion_does_not_renew_it(office: Office, services: Services, upkeep: Upkeep) -> None:
    asker = somebody(services, ("contributor", "fraud"), ("TEAM_LEAD", "fraud"))
    version = office.staged()
    asked = office.request(version, "Production", asker).value.request
    office.vote(asked.id, office.lead, office.legal, office.security)
    office.promote(asked.id)
    edit_card(office, version)
    noted(upkeep)
    request = renewal(office)
    assert waiting(office, asker) == [(Waiting.MINE, request.id)]
    with pytest.raises(VoteNotCountedError, match="somebody else must answer"):
        office.vote(request.id, asker)


def test_a_renewal_that_is_rejected_or_not_answered_leaves_the_version_where_it_is_and_says_so(
    office: Office, services: Services, upkeep: Upkeep, clock: ManualClock
) -> None:
    version = office.in_production()
    edit_card(office, version)
    noted(upkeep)
    promotion = str(renewal(office).renews)
    office.vote(renewal(office).id, office.legal, ballot=REJECTION)
    noted(upkeep)
    assert renewals(office) == [], "each lapse asks once"
    assert office.now(version).stage == "Production"
    assert [text.startswith("its approvals lapsed on 2026-11-02") for text in says(office, version)] == [True]
    assert waiting(office, office.ana) == [(Waiting.NOT_RENEWED, promotion)]
    services.governance.promotions.request(
        office.ana, Reference.parse(version.reference), "Production", reason="the card is right now"
    )
    assert renewal(office).requested_by == office.ana.id
    assert waiting(office, office.ana) == [(Waiting.MINE, renewal(office).id)]
    clock.advance(timedelta(days=31))
    upkeep.keep_time()
    assert [request.status for request in renewals(office, None)] == [RequestStatus.EXPIRED, RequestStatus.REJECTED]
    assert waiting(office, office.ana) == [(Waiting.NOT_RENEWED, promotion)]


def test_what_is_approved_needs_no_renewal(office: Office) -> None:
    version = office.in_production()
    with pytest.raises(MoveNotAllowedError, match="it holds Production already"):
        office.request(version, "Production")


def test_a_renewal_is_asked_for_before_the_job_has_seen_what_changed(office: Office, upkeep: Upkeep) -> None:
    version = office.in_production()
    edit_card(office, version)
    request = office.request(version, "Production").value.request
    assert request.renews is not None
    assert office.request(version, "Production").value.request == request
    noted(upkeep)
    assert renewals(office) == [request]


def test_withdrawn_data_lapses_what_is_in_production(
    office: Office, services: Services, admin: Actor, upkeep: Upkeep
) -> None:
    version = office.version(VersionRecord(training_data=(DataRef(uri=DATA),)))
    for stage, people in (("Staging", (office.lead,)), ("Production", (office.lead, office.legal, office.security))):
        request = office.request(version, stage).value.request
        office.vote(request.id, *people)
        office.promote(request.id)
    services.governance.data.withdraw(admin, DATA, reason="consent was taken back")
    noted(upkeep)
    assert renewal(office).reason.endswith("the training data, or what is known of it")


def test_a_renewal_makes_an_emergency_regular(
    office: Office, services: Services, upkeep: Upkeep, clock: ManualClock
) -> None:
    first, second = office.in_production(), office.version()
    emergencies, reference = services.governance.emergencies, Reference.parse(second.reference)
    emergencies.break_glass(office.max, reference, "Production", reason="it burns")
    noted(upkeep)
    assert renewals(office) == [], "nobody has approved it, and nobody is asked to by itself"
    office.request(second, "Production", office.ana)
    request = renewal(office)
    assert request.source == "Draft"
    office.vote(request.id, office.lead, office.legal, office.security)
    clock.advance(timedelta(days=4))
    assert emergencies.end_expired(SYSTEM) == 0
    assert office.now(second).stage == "Production"
    assert says(office, second) == [f"request {request.id} is what approves it"]
    third = office.in_production()
    back = services.governance.rollbacks.plan(office.max, SCORER, Goal(str(second.version)))
    assert back.ready, "an emergency that was approved afterwards can be gone back to"
    assert [office.now(one).stage for one in (first, second, third)] == ["Archived", "Archived", "Production"]


def test_who_broke_the_glass_does_not_approve_that_it_stays(office: Office, services: Services) -> None:
    breaker = somebody(services, ("maintainer", "fraud"), ("LEGAL", "fraud"))
    version = office.version()
    services.governance.emergencies.break_glass(
        breaker, Reference.parse(version.reference), "Production", reason="it burns"
    )
    request = office.request(version, "Production").value.request
    assert waiting(office, breaker) == [(Waiting.MINE, request.id)]
    with pytest.raises(VoteNotCountedError):
        office.vote(request.id, breaker)


def test_an_emergency_that_ends_takes_its_renewal_with_it(
    office: Office, services: Services, clock: ManualClock
) -> None:
    version = office.version()
    services.governance.emergencies.break_glass(
        office.max, Reference.parse(version.reference), "Production", reason="it burns"
    )
    request = office.request(version, "Production").value.request
    clock.advance(timedelta(days=4))
    assert services.governance.emergencies.end_expired(SYSTEM) == 1
    found = services.governance.promotions.get(office.ana, request.id).request
    assert (found.status, found.closed_by) == (RequestStatus.WITHDRAWN, SYSTEM.id)


def test_what_holds_a_stage_is_reviewed_as_often_as_the_policy_says(
    office: Office, services: Services, admin: Actor, upkeep: Upkeep, clock: ManualClock
) -> None:
    services.governance.policies.publish(admin, REVIEWED)
    services.governance.policies.assign(admin, NewAssignment("*", "reviewed"))
    version = office.version(VersionRecord(metrics=(Metric("auc", 0.9),)))
    asked = office.request(version, "Production").value.request
    office.vote(asked.id, office.lead)
    office.promote(asked.id)
    for _ in range(2):
        clock.advance(timedelta(weeks=25))
        assert upkeep.keep_time() == 0
        clock.advance(timedelta(weeks=1, days=1))
        assert upkeep.keep_time() == 1
        assert upkeep.keep_time() == 0
        request = renewal(office)
        assert request.reason == "periodic review"
        assert waiting(office, office.lead) == [(Waiting.VOTE, request.id)]
        assert office.vote(request.id, office.lead).request.manner is Manner.RENEWED, "it need not beat itself"


def test_a_lapse_after_a_renewal_has_expired_asks_anew(
    office: Office, services: Services, admin: Actor, upkeep: Upkeep, clock: ManualClock
) -> None:
    services.governance.policies.publish(admin, REVIEWED)
    services.governance.policies.assign(admin, NewAssignment("*", "reviewed"))
    version = office.version(VersionRecord(metrics=(Metric("auc", 0.9),)))
    asked = office.request(version, "Production").value.request
    office.vote(asked.id, office.lead)
    office.promote(asked.id)
    clock.advance(timedelta(weeks=27))
    assert upkeep.keep_time() == 1
    first = renewal(office)
    clock.advance(timedelta(days=31))
    edit_card(office, version)
    noted(upkeep)
    found = services.governance.promotions.get(office.ana, first.id).request
    assert found.status is RequestStatus.EXPIRED
    assert renewal(office).id != first.id


def test_an_approval_whose_term_is_over_is_renewed(office: Office, upkeep: Upkeep, clock: ManualClock) -> None:
    request = office.request(office.staged(), "Production").value.request
    office.vote(request.id, office.lead, office.security)
    until = Ballot(Decision.APPROVE, conditions=Conditions("for a week", expires_at=clock() + timedelta(days=7)))
    office.vote(request.id, office.legal, ballot=until)
    office.promote(request.id)
    clock.advance(timedelta(days=8))
    assert upkeep.keep_time() == 1
    assert upkeep.keep_time() == 0
    assert renewal(office).reason == "the term of an approval is over"


def test_a_policy_lapses_approvals_where_it_asks_other_people(
    office: Office, services: Services, admin: Actor, upkeep: Upkeep
) -> None:
    version = office.in_production()
    policies = services.governance.policies
    default = policies.get("default").source
    policies.publish(admin, default.replace("name: default", "name: same").replace("90d", "80d"))
    policies.assign(admin, NewAssignment("fraud", "same"))
    noted(upkeep)
    assert renewals(office) == [], "it asks the same people"
    policies.publish(admin, default.replace("name: default", "name: fewer").replace("        - role: LEGAL\n", ""))
    policies.assign(admin, NewAssignment("fraud", "fewer"))
    noted(upkeep)
    request = renewal(office)
    assert request.reason == "since it was approved there has changed: the policy"
    policies.assign(admin, NewAssignment("fraud", "open"))
    noted(upkeep)
    assert services.governance.promotions.get(office.ana, request.id).request.status is RequestStatus.WITHDRAWN
    assert [text.startswith("request") for text in says(office, version)] == [True]


def test_a_version_that_leaves_its_stage_takes_its_renewal_with_it(office: Office, upkeep: Upkeep) -> None:
    version = office.in_production()
    edit_card(office, version)
    noted(upkeep)
    office.in_production()
    assert renewals(office) == []
    assert [request.status for request in renewals(office, None)] == [RequestStatus.WITHDRAWN]


def test_what_is_gone_back_to_with_lapsed_approvals_is_asked_about(
    office: Office, services: Services, upkeep: Upkeep
) -> None:
    first = office.in_production()
    office.in_production()
    edit_card(office, first)
    noted(upkeep)
    assert renewals(office) == [], "what is archived is not used"
    services.governance.rollbacks.roll_back(office.max, SCORER, Goal("1.0.0", reason="the second is worse"))
    noted(upkeep)
    assert renewal(office).number == first.number
    bind(services, office.max.id, "LEGAL", "fraud")
    with pytest.raises(VoteNotCountedError):
        services.governance.votes.cast_vote(office.max, renewal(office).id, APPROVAL)


def test_a_renewal_is_fulfilled_once(office: Office, services: Services, admin: Actor, upkeep: Upkeep) -> None:
    edit_card(office, office.in_production())
    noted(upkeep)
    request = renewal(office)
    office.vote(request.id, office.lead, office.legal)
    other = somebody(services, ("SECURITY", "fraud"))

    def answer(actor: Actor) -> RegistryError | None:
        try:
            services.governance.votes.cast_vote(actor, request.id, APPROVAL)
        except (RequestClosedError, VoteNotCountedError) as error:
            return error
        return None

    def promote(actor: Actor) -> RegistryError | None:
        try:
            office.promote(request.id, actor)
        except PromotionBlockedError as error:
            return error
        return None

    with ThreadPoolExecutor(3) as pool:
        results = [
            pool.submit(answer, office.security),
            pool.submit(answer, other),
            pool.submit(promote, office.max),
        ]
        assert [result.result() is None for result in results[:2]].count(True) == 1
    assert actions(services, admin).count("promotion_renewed") == 1
