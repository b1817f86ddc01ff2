"""R7: what happens when people act on one request at the same moment. One of them wins, and four eyes have looked.

Each round starts its rivals at a barrier, and then asks what is so: never more than one promotion, never one without
the approvals of people who held their roles when it was made.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.builders import EVERYTHING, SCORER
from tests.people import bind, somebody
from tests.service.governance.promoting import APPROVAL, Office
from tests.soak import rounds

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import EntryQuery
from modelkeep.domains.catalog import Metric, ModelVersion
from modelkeep.domains.governance import RequestStatus
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Number

ROUNDS = rounds(4, 1_000)
Act = Callable[[], object]


@pytest.fixture
def office(services: Services, admin: Actor) -> Office:
    return Office.opened(services, admin)


def race(*acts: Act) -> list[object]:
    """Do all of it at the same moment; return what each came to: its value, or the error that a caller understands."""
    barrier = Barrier(len(acts))

    def run(act: Act) -> object:
        barrier.wait()
        try:
            return act()
        except RegistryError as error:
            if error.kind is Kind.UNAVAILABLE or error.kind is Kind.CONFLICT:
                return act()  # as a client does
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def receipts(results: list[object]) -> int:
    """Return how many of the results changed something."""
    return sum(isinstance(result, Recorded) and result.receipt is not None for result in results)


def promotions_of(office: Office, admin: Actor, version: ModelVersion) -> int:
    query = EntryQuery(type="VERSION_PROMOTED", subject=version.reference)
    return len(office.services.audit.list(admin, query, EVERYTHING).items)


def test_two_approvers_of_one_step_fill_it_once(office: Office, services: Services) -> None:
    second = somebody(services, ("TEAM_LEAD", "fraud"))
    votes = services.governance.votes
    for _ in range(ROUNDS):
        request = office.request(office.version(), "Staging").value.request
        race(
            lambda: votes.cast_vote(office.lead, request.id, APPROVAL),  # noqa: B023 - it is done before the next round
            lambda: votes.cast_vote(second, request.id, APPROVAL),  # noqa: B023 - it is done before the next round
        )
        asked = services.governance.promotions.get(office.ana, request.id)
        counting = [vote for vote in asked.votes if vote.ended_at is None]
        assert len(counting) == 1
        assert asked.situation is not None
        assert asked.situation.ready


def test_a_promotion_and_the_end_of_an_approvers_role_come_one_after_the_other(
    office: Office, services: Services, admin: Actor
) -> None:
    for _ in range(ROUNDS):
        approver = somebody(services)
        binding = bind(services, approver.id, "TEAM_LEAD", "fraud")
        version = office.version()
        request = office.request(version, "Staging").value.request
        office.vote(request.id, approver)
        promoted, revoked = race(
            lambda: office.promote(request.id),  # noqa: B023 - it is done before the next round
            lambda: services.grants.revoke(admin, binding.id),  # noqa: B023 - it is done before the next round
        )
        assert isinstance(revoked, Recorded)
        assert revoked.receipt is not None
        if isinstance(promoted, Recorded):
            assert promoted.receipt is not None
            assert promoted.receipt.seq < revoked.receipt.seq
        else:
            assert isinstance(promoted, RegistryError)
            assert promoted.kind is Kind.BLOCKED
            assert office.now(version).stage == "Draft"


def test_a_promotion_and_a_change_of_its_evidence_come_one_after_the_other(office: Office, services: Services) -> None:
    for turn in range(ROUNDS):
        version = office.version()
        request = office.request(version, "Staging").value.request
        office.vote(request.id, office.lead)
        metrics = (Metric("auc", turn / ROUNDS),)
        promoted, logged = race(
            lambda: office.promote(request.id),  # noqa: B023 - it is done before the next round
            lambda: services.versions.log_metrics(office.ana, SCORER, Number(version.number), metrics),  # noqa: B023 - as above
        )
        assert isinstance(logged, Recorded)
        assert logged.receipt is not None
        if isinstance(promoted, Recorded):
            assert promoted.receipt is not None
            assert promoted.receipt.seq < logged.receipt.seq
        else:
            assert isinstance(promoted, RegistryError)
            assert promoted.kind is Kind.BLOCKED


def test_two_who_promote_make_one_promotion(office: Office, services: Services, admin: Actor) -> None:
    other = somebody(services, ("maintainer", "fraud"))
    for _ in range(ROUNDS):
        version = office.version()
        request = office.request(version, "Staging").value.request
        office.vote(request.id, office.lead)
        results = race(
            lambda: office.promote(request.id),  # noqa: B023 - it is done before the next round
            lambda: office.promote(request.id, other),  # noqa: B023 - it is done before the next round
        )
        assert receipts(results) == 1
        assert promotions_of(office, admin, version) == 1


def test_of_two_versions_that_are_promoted_to_production_the_last_one_holds_it(
    office: Office, services: Services
) -> None:
    for _ in range(ROUNDS):
        requests = []
        for version in (office.staged(), office.staged()):
            request = office.request(version, "Production").value.request
            office.vote(request.id, office.lead, office.legal, office.security)
            requests.append((version, request.id))
        (first, one), (second, two) = requests
        results = race(
            lambda: office.promote(one),  # noqa: B023 - it is done before the next round
            lambda: services.aliases.set(office.ana, SCORER, "champion", Number(first.number), seen=None),  # noqa: B023 - as above
            lambda: office.promote(two),  # noqa: B023 - it is done before the next round
        )
        assert receipts(results) >= 2
        stages = [office.now(first).stage, office.now(second).stage]
        assert sorted(stages) == ["Archived", "Production"]
        for request_id in (one, two):
            found = services.governance.promotions.get(office.ana, request_id).request
            assert found.status is RequestStatus.PROMOTED
