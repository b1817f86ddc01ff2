"""Promotions race with each other, and with what they rest on: test R7 of the security test plan.

All acts of a round start at a barrier, on one registry. Which of them come first is not foreseen; the audit log says it
afterwards, and `Story` holds every rule against the log.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Final

import pytest
from tests.builders import EVERYTHING, SCORER
from tests.cards import a_card
from tests.people import bind, somebody
from tests.service.governance.promoting import APPROVAL, Office
from tests.service.governance.replaying import EXCLUSIVE, Story
from tests.soak import rounds

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.access.domain.bindings import Binding
from modelkeep.domains.catalog import Metric, ModelVersion
from modelkeep.domains.governance import NewAssignment, RequestStatus
from modelkeep.domains.governance.domain.requests import (
    PromotionBlockedError,
    RequestClosedError,
    RequestNotFoundError,
    VoteNotCountedError,
)
from modelkeep.kernel.errors import RegistryError, StaleRevisionError
from modelkeep.kernel.events import Receipt, Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Number, Reference

ROUNDS: Final = rounds(3, 1_000)
NEEDED: Final = {"TEAM_LEAD": 2, "LEGAL": 1}
"""How many people of each role approve a version that goes to production."""
_POLICY: Final = """
name: {name}
stages:
  - name: Draft
  - name: Production
    exclusive: true
    replaced_to: Archived
  - name: Archived
moves:
  - from: Production
    to: Draft
    automatic: true
  - from: Archived
    to: Draft
    automatic: true
  - from: Draft
    to: Production
    automatic: {automatic}
    approvals:
      steps:
        - role: TEAM_LEAD
          approvals: 2
        - role: LEGAL
"""
TOO_LATE: Final = (VoteNotCountedError, RequestClosedError, PromotionBlockedError)
Act = Callable[[], object]
Outcome = object


@dataclass(frozen=True)
class Track:
    """An office with a policy whose versions go round and round: Draft, Production, Archived, Draft."""

    office: Office
    second: Actor
    third: Actor

    @classmethod
    def laid(cls, services: Services, admin: Actor, *, automatic: bool) -> "Track":
        name = "at-once" if automatic else "on-demand"
        services.governance.policies.publish(admin, _POLICY.format(name=name, automatic=str(automatic).lower()))
        services.governance.policies.assign(admin, NewAssignment("*", name))
        office = Office.opened(services, admin)
        second, third = (somebody(services, ("TEAM_LEAD", "fraud"), name=name) for name in ("lead 2", "lead 3"))
        return cls(office, second, third)

    def asked(self, version: ModelVersion) -> str:
        """Return a new request that the version go to production, from Draft."""
        if self.office.now(version).stage != "Draft":
            self.office.request(version, "Draft", self.office.max)
        return self.office.request(version, EXCLUSIVE).value.request.id

    def approved(self, version: ModelVersion) -> str:
        """Return such a request that has all its approvals."""
        request_id = self.asked(version)
        self.office.vote(request_id, self.office.lead, self.second, self.office.legal)
        return request_id

    def approve(self, actor: Actor, request_id: str) -> Act:
        return lambda: self.office.services.governance.votes.cast_vote(actor, request_id, APPROVAL).receipt

    def promote(self, request_id: str) -> Act:
        return lambda: self.office.promote(request_id).receipt

    def ask(self, version: ModelVersion, actor: Actor) -> Act:
        return lambda: self.office.request(version, EXCLUSIVE, actor)

    def revoke(self, admin: Actor, binding: Binding) -> Act:
        return lambda: self.office.services.grants.revoke(admin, binding.id).receipt

    def point(self, version: ModelVersion, seen: int) -> Act:
        """Point the alias champion to a version."""
        aliases, to = self.office.services.aliases, Number(version.number)
        return lambda: aliases.set(self.office.max, SCORER, "champion", to, seen=seen).receipt

    def status(self, request_id: str) -> RequestStatus:
        return self.office.services.governance.promotions.get(self.office.ana, request_id).request.status

    def holder(self) -> int:
        return self.office.services.versions.resolve(self.office.ana, Reference.parse(f"{SCORER}@production")).number


@pytest.fixture
def track(services: Services, admin: Actor) -> Iterator[Track]:
    yield (made := Track.laid(services, admin, automatic=False))
    Story.told(services, NEEDED).agrees_with(services, made.office.ana)


@pytest.fixture
def swift_track(services: Services, admin: Actor) -> Iterator[Track]:
    """One where the approval that completes a request moves the version."""
    yield (made := Track.laid(services, admin, automatic=True))
    Story.told(services, NEEDED).agrees_with(services, made.office.ana)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def race(pool: ThreadPoolExecutor, *acts: Act) -> list[Outcome]:
    """Run acts that start together; return what each returns, or the registry's error that it ends with."""
    barrier = Barrier(len(acts))

    def run(act: Act) -> Outcome:
        barrier.wait(30)
        try:
            return act()
        except RegistryError as error:
            return error

    return list(pool.map(run, acts))


def losers(outcomes: Iterable[Outcome], *documented: type[RegistryError]) -> list[RegistryError]:
    """Return who lost, each with an error that is meant for it."""
    lost = [outcome for outcome in outcomes if isinstance(outcome, RegistryError)]
    assert [type(error) for error in lost if not isinstance(error, documented)] == [], lost
    return lost


def test_more_approvers_than_are_asked_for_answer_at_once(track: Track, pool: ThreadPoolExecutor) -> None:
    office, version = track.office, track.office.version()
    for _ in range(ROUNDS):
        request_id = track.asked(version)
        leads = [track.approve(actor, request_id) for actor in (office.lead, track.second, track.third)]
        *voted, promoted = race(pool, *leads, track.approve(office.legal, request_id), track.promote(request_id))
        assert len(losers(voted, VoteNotCountedError, RequestClosedError)) == 1
        if losers([promoted], PromotionBlockedError):
            assert track.promote(request_id)() is not None
        assert track.status(request_id) is RequestStatus.PROMOTED


def test_the_last_two_approvers_answer_at_once_and_the_version_moves_once(
    swift_track: Track, pool: ThreadPoolExecutor
) -> None:
    track, office, version = swift_track, swift_track.office, swift_track.office.version()
    for _ in range(ROUNDS):
        request_id = track.asked(version)
        office.vote(request_id, office.lead)
        acts = [track.approve(actor, request_id) for actor in (track.second, track.third, office.legal)]
        assert len(losers(race(pool, *acts, track.promote(request_id)), *TOO_LATE)) <= 2
        assert track.status(request_id) is RequestStatus.PROMOTED


def test_an_approver_answers_while_their_role_is_taken_back(
    track: Track, services: Services, admin: Actor, pool: ThreadPoolExecutor
) -> None:
    office, version = track.office, track.office.version()
    for _ in range(ROUNDS):
        leaver = somebody(services)
        binding = bind(services, leaver.id, "TEAM_LEAD", "fraud")
        request_id = track.asked(version)
        office.vote(request_id, office.lead, office.legal)
        voted, revoked, promoted = race(
            pool,
            track.approve(leaver, request_id),
            track.revoke(admin, binding),
            track.promote(request_id),
        )
        losers([voted], VoteNotCountedError, ForbiddenError, RequestNotFoundError)
        assert losers([revoked]) == []
        if losers([promoted], PromotionBlockedError):
            assert losers(race(pool, track.promote(request_id)), PromotionBlockedError)
            office.vote(request_id, track.second)
            assert track.promote(request_id)() is not None
        else:
            assert losers([voted]) == []


def test_the_approval_that_completes_a_request_meets_the_end_of_another_approvers_role(
    swift_track: Track, services: Services, admin: Actor, pool: ThreadPoolExecutor
) -> None:
    track, office, version = swift_track, swift_track.office, swift_track.office.version()
    for _ in range(ROUNDS):
        leaver = somebody(services)
        binding = bind(services, leaver.id, "TEAM_LEAD", "fraud")
        request_id = track.asked(version)
        office.vote(request_id, office.lead, leaver)
        outcomes = race(
            pool,
            track.approve(office.legal, request_id),
            track.revoke(admin, binding),
        )
        assert losers(outcomes) == []
        if track.status(request_id) is RequestStatus.OPEN:
            office.vote(request_id, track.second)
        assert track.status(request_id) is RequestStatus.PROMOTED


@pytest.mark.parametrize("what", ["metrics", "card"])
def test_a_version_is_edited_while_it_is_promoted(
    track: Track, services: Services, what: str, pool: ThreadPoolExecutor
) -> None:
    office, version = track.office, track.office.version()
    reference = Reference.parse(version.reference)

    def edit(value: int) -> Act:
        if what == "card":
            card = a_card(overview={"description": f"The card, edited for the time {value}."})
            return lambda: services.cards.cards.edit(office.ana, reference, card, seen=None).receipt
        metric = Metric("auc", value / 10_000)
        return lambda: services.versions.log_metrics(office.ana, SCORER, Number(version.number), (metric,)).receipt

    for value in range(ROUNDS):
        request_id = track.approved(version)
        edited, promoted = race(pool, edit(value), track.promote(request_id))
        assert losers([edited]) == []
        if losers([promoted], PromotionBlockedError):
            assert losers(race(pool, track.promote(request_id)), PromotionBlockedError)
            office.vote(request_id, office.lead, track.second, office.legal)
            assert track.promote(request_id)() is not None
        else:
            assert isinstance(promoted, Receipt)
            assert isinstance(edited, Receipt)
            assert promoted.seq < edited.seq


def test_two_versions_are_promoted_twice_each_to_an_exclusive_stage(track: Track, pool: ThreadPoolExecutor) -> None:
    office = track.office
    versions = [office.version(), office.version()]
    for _ in range(ROUNDS):
        requests = [track.approved(version) for version in versions]
        receipts = race(pool, *(track.promote(request_id) for request_id in requests * 2))
        assert losers(receipts) == []
        assert [receipt is None for receipt in receipts].count(True) == 2
        stages = [office.now(version).stage for version in versions]
        assert sorted(stages) == ["Archived", EXCLUSIVE]
        assert track.holder() == versions[stages.index(EXCLUSIVE)].number


def test_aliases_move_while_what_they_point_to_is_promoted(
    track: Track, services: Services, pool: ThreadPoolExecutor
) -> None:
    office = track.office
    versions = [office.version(), office.version()]
    for seen in range(ROUNDS):
        promoted = versions[seen % 2]
        request_id = track.approved(promoted)
        moves = [track.point(version, seen) for version in versions]
        made, *moved = race(pool, track.promote(request_id), *moves)
        assert isinstance(made, Receipt)
        losers(moved, StaleRevisionError)
        assert [isinstance(outcome, Receipt) for outcome in moved].count(True) == 1
        assert track.holder() == promoted.number
    history = services.aliases.history(office.ana, SCORER, "champion", EVERYTHING).items
    assert len(history) == ROUNDS
    assert [one.until for one in history[1:]] == [one.since for one in history[:-1]]


def test_a_version_is_requested_twice_at_once(track: Track, pool: ThreadPoolExecutor) -> None:
    office = track.office
    for _ in range(ROUNDS):
        version = office.version()
        made = race(pool, track.ask(version, office.ana), track.ask(version, office.max))
        asked = [one for one in made if isinstance(one, Recorded)]
        assert len({one.value.request.id for one in asked}) == 1
        assert [one.receipt is None for one in asked] in ([True, False], [False, True])
