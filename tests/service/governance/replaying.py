"""The audit log read as a plain story: who held what, who answered, and what moved, one entry after the other.

It is the oracle of races: whatever order they ran in, the log says one, and in that order every rule must have held.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from tests.builders import SCORER

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.domains.audit.domain.entries import Entry
from modelkeep.domains.catalog import StageInterval
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import PageRequest

FIRST_STAGE: Final = "Draft"
EXCLUSIVE: Final = "Production"
_MOVES: Final = {"governance.version_promoted", "governance.version_replaced", "governance.model_archived"}
_BATCH: Final = 500
Step = tuple[int, str, int]
"""The number of a version, the stage that it took, and the entry that says so."""


@dataclass
class Story:
    """What is so after the entries that have been read; reading one that breaks a rule fails."""

    needed: dict[str, int]
    roles: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    authors: dict[str, str] = field(default_factory=dict)
    requesters: dict[str, str] = field(default_factory=dict)
    votes: dict[str, tuple[str, str]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    stages: dict[int, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def told(cls, services: Services, needed: dict[str, int]) -> "Story":
        """Read the whole log; `needed` says how many of each step must approve a move to the exclusive stage."""
        story = cls(needed)
        for entry in _entries(services):
            story.read(entry)
        return story

    def read(self, entry: Entry) -> None:
        data: dict[str, Any] = dict(entry.data)
        match entry.action:
            case "access.role_granted" | "access.role_revoked":
                held = self.roles[data["subject_id"]]
                (held.append if entry.action == "access.role_granted" else held.remove)(data["role"])
            case "catalog.version_registered":
                self.authors[entry.subject] = entry.actor.id
            case "governance.promotion_requested":
                self.requesters[data["request_id"]] = entry.actor.id
            case "governance.vote_cast":
                assert data["request_id"] not in self.closed
                self._entitled(entry.actor.id, entry.subject, data)
                self.votes[data["vote_id"]] = (data["request_id"], entry.actor.id)
            case "governance.vote_lapsed":
                del self.votes[data["vote_id"]]
            case "governance.promotion_withdrawn" | "governance.promotion_rejected":
                self.closed.add(data["request_id"])
            case action if action in _MOVES:
                self._moved(entry, data)

    def _entitled(self, who: str, reference: str, vote: dict[str, Any]) -> None:
        """The step is named after the role it asks; who answers holds it now, and has no part in the request."""
        assert vote["step"] in self.roles[who]
        assert who not in {self.authors[reference], self.requesters[vote["request_id"]]}

    def _moved(self, entry: Entry, data: dict[str, Any]) -> None:
        number = data["number"]
        assert self.stages.get(number, FIRST_STAGE) == data["from_stage"] != data["to_stage"]
        self.stages[number] = data["to_stage"]
        self.steps.append((number, data["to_stage"], entry.seq))
        if "replaced_by" in data:
            assert data["from_stage"] == EXCLUSIVE
            return
        room = len(data["replaced"])
        assert self.steps[-1 - room : -1] == [
            (other, "Archived", entry.seq - room + place) for place, other in enumerate(data["replaced"])
        ]
        assert list(self.stages.values()).count(EXCLUSIVE) <= 1
        assert data["request_id"] not in self.closed
        self.closed.add(data["request_id"])
        if data["to_stage"] == EXCLUSIVE:
            self._approved(entry.subject, data)

    def _approved(self, reference: str, data: dict[str, Any]) -> None:
        """Enough distinct people approved, each by a vote on this request that had not lapsed, entitled to it now."""
        approvals = data["approvals"]
        people = [approval["voter"] for approval in approvals]
        assert len(set(people)) == len(people)
        for approval in approvals:
            assert self.votes[approval["vote_id"]] == (data["request_id"], approval["voter"])
            self._entitled(approval["voter"], reference, approval | {"request_id": data["request_id"]})
        steps = [approval["step"] for approval in approvals]
        assert {step: steps.count(step) for step in steps} == self.needed

    def agrees_with(self, services: Services, actor: Actor) -> None:
        """The stages that the registry tells of are those that moves in the log made, and no others."""
        told = sorted(_intervals(services, actor), key=lambda one: (one.since, one.number))
        by_version: dict[int, list[StageInterval]] = defaultdict(list)
        for one in told:
            by_version[one.number].append(one)
        taken = []
        for number, (first, *later) in by_version.items():
            assert first.stage == FIRST_STAGE
            ends = [one.until for one in (first, *later)]
            assert ends == [*(one.since for one in later), None]
            assert (later or [first])[-1].stage == self.stages.get(number, FIRST_STAGE)
            taken += later
        steps = {(one.number, one.stage, one.entry.seq) for one in taken if one.entry is not None}
        assert steps == set(self.steps)
        assert len(taken) == len(self.steps)
        _hand_over([one for one in told if one.stage == EXCLUSIVE])


def _hand_over(intervals: list[StageInterval]) -> None:
    for before, after in pairwise(intervals):
        assert before.until is not None
        assert before.until <= after.since


def _intervals(services: Services, actor: Actor) -> Iterator[StageInterval]:
    token = None
    while True:
        page = services.models.stages(actor, SCORER, PageRequest(_BATCH, token))
        yield from page.items
        token = page.next_token
        if token is None:
            return


def _entries(services: Services) -> Iterator[Entry]:
    after = BEFORE_ALL
    while batch := services.audit_reader.read(after, _BATCH):
        yield from batch
        after = batch[-1].seq
