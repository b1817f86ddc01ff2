"""What becomes of requests by themselves: they expire, are escalated, and lose votes that no longer count."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.access import SubjectType
from modelkeep.domains.audit import BEFORE_ALL, AuditReader, Entry
from modelkeep.domains.catalog import lock_model, version_by_id
from modelkeep.domains.governance.domain.requests import PromotionRequest, RequestStatus
from modelkeep.domains.governance.repository.promotion import (
    HoldingRepository,
    ProgressRepository,
    RequestRepository,
    VoteRepository,
)
from modelkeep.domains.governance.service.promotion.apart import each_apart
from modelkeep.domains.governance.service.promotion.lapsing import end_stale
from modelkeep.domains.governance.service.promotion.making import expire
from modelkeep.domains.governance.service.promotion.renewals import Renewals
from modelkeep.domains.governance.service.promotion.situations import Lookout
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import RequestInfo, system_actor
from modelkeep.platform.database import Database, Transaction

SYSTEM: Final = system_actor(RequestInfo(id="governance"))
AT_ONCE: Final = 100
"""How many entries, and how many requests, are looked at in one go."""
_TOUCHING: Final = ("catalog.", "cards.", "inspection.", "governance.")
_OWN: Final = ("governance.vote_", "governance.promotion_", "governance.delegation_")
_RULES: Final = ("governance.policy_assigned", "governance.policy_unassigned")
_WITHDRAWN: Final = "governance.data_withdrawn"
_ROLES: Final = ("access.role_granted", "access.role_revoked")
_MEMBERS: Final = ("access.group_member_added", "access.group_member_removed")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Looks after open requests; each is a transaction of its own, and looked at again inside of it."""

    database: Database
    lookout: Lookout
    renewals: Renewals
    reader: AuditReader
    clock: Clock

    def behind(self) -> bool:
        """Say whether the log has entries that were not looked at."""
        with self.database.snapshot() as tx:
            seen = ProgressRepository(tx).seen()
        return self.reader.size() - 1 > (BEFORE_ALL if seen is None else seen)

    def note_lapses(self) -> int:
        """Look at the next entries of the audit log, and at the requests that they may concern; return how many.

        A vote that is bound to what is another now does not count, noted or not; this says so, and asks again.
        """
        with self.database.snapshot() as tx:
            seen = ProgressRepository(tx).seen()
        start = BEFORE_ALL if seen is None else seen
        last = self.reader.size() - 1
        entries = self.reader.read(start, AT_ONCE)
        if not entries and last <= start:
            return 0
        for scope in _scopes(entries):
            each_apart(self._open_requests(scope), self.look_again)
        if people := _people(entries):
            each_apart(self._answered_by(people), self.look_again)
        each_apart(self._held(entries), self.look_after)
        end = entries[-1].seq if len(entries) == AT_ONCE else max(last, start)
        with self.database.transaction() as tx:
            ProgressRepository(tx).advance(end, first=seen is None)
        return len(entries)

    def _held(self, entries: Sequence[Entry]) -> Iterator[str]:
        """Yield the versions that hold a stage by a promotion, and whose approvals entries may concern."""
        named = dict.fromkeys(str(entry.data["version_id"]) for entry in entries if _of_version(entry))
        with self.database.snapshot() as tx:
            held = [one for one in named if HoldingRepository(tx).find(one) is not None]
        yield from held
        for entry in entries:
            scope = entry.subject if entry.action in _RULES else None
            reference = _data(entry)
            if scope is not None or entry.action == _WITHDRAWN:
                yield from self._within(scope or "*", reference)

    def _within(self, scope: str, trained_on: str | None) -> Iterator[str]:
        return self._all(lambda tx, after: HoldingRepository(tx).within(scope, trained_on, after, AT_ONCE))

    def _open_requests(self, scope: str) -> Iterator[str]:
        return self._all(lambda tx, after: ProgressRepository(tx).open_requests(scope, after, AT_ONCE))

    def _answered_by(self, people: Collection[str]) -> Iterator[str]:
        return self._all(lambda tx, after: ProgressRepository(tx).answered_by(people, after, AT_ONCE))

    def _all(self, some: Callable[[Transaction, str], Sequence[str]]) -> Iterator[str]:
        after = ""
        while True:
            with self.database.snapshot() as tx:
                found = some(tx, after)
            yield from found
            if len(found) < AT_ONCE:
                return
            after = found[-1]

    def look_after(self, version_id: str) -> None:
        """End approvals of a version that holds a stage which are of what it was, and ask for new ones."""
        with self.database.transaction() as tx:
            lock_model(tx, version_by_id(tx, version_id).model)
            self.renewals.look_after(tx, SYSTEM, version_id, self.clock())

    def look_again(self, request_id: str) -> None:
        """End votes on a request that no longer count, and ask whom the chain asks now; an expired one is closed."""
        with self.database.transaction() as tx:
            request = RequestRepository(tx).get(request_id)
            lock_model(tx, request.model)
            request, now = RequestRepository(tx).get(request_id), self.clock()
            if request.status is RequestStatus.PROMOTED:
                self.renewals.look_after(tx, SYSTEM, request.version_id, now)
            elif request.status_at(now) is RequestStatus.OPEN:
                self._look(tx, request)
            elif request.status is RequestStatus.OPEN:
                expire(tx, SYSTEM, request, now)

    def _look(self, tx: Transaction, request: PromotionRequest) -> None:
        now = self.clock()
        version, votes = version_by_id(tx, request.version_id), VoteRepository(tx)
        if not self.lookout.knows(tx, request):
            votes.ask(request.id, None)  # nobody can answer; a policy that has the stage again is an entry to look at
        else:
            found = self.lookout.look(tx, version, request.target, now)
            end_stale(tx, SYSTEM, found, now)
            before = votes.asked(request.id)
            votes.ask(request.id, found.chain)
            added = sorted(votes.asked(request.id) - before)
            escalated = [role for state in found.chain.steps for role in state.roles[1:] if role in added]
            if escalated:
                data = {"roles": escalated}
                tx.record(request.happened("governance.promotion_escalated", SYSTEM, now, data))

    def keep_time(self) -> int:
        """Look at requests that are over their time, at steps to escalate, and at votes whose time is over.

        So it does at versions whose approvals are to be looked at again. Returns for how many it could be done.
        """
        now = self.clock()
        with self.database.snapshot() as tx:
            votes = VoteRepository(tx)
            late = [request.id for request in RequestRepository(tx).expired(now, AT_ONCE)]
            requests = {*late, *votes.escalating(now, AT_ONCE), *votes.over(now, AT_ONCE)}
            versions = HoldingRepository(tx).due(now, AT_ONCE)
        return len(each_apart(sorted(requests), self.look_again)) + len(each_apart(versions, self.look_after))


def _scopes(entries: Sequence[Entry]) -> Iterable[str]:
    """Return what entries are about: models, namespaces, or `*` for the registry, each once."""
    return dict.fromkeys(_place(entry.subject) for entry in entries if _touches(entry))


def _touches(entry: Entry) -> bool:
    if entry.action in _ROLES:
        return entry.data["subject_type"] == SubjectType.GROUP
    return entry.action.startswith(_TOUCHING) and not entry.action.startswith(_OWN)


def _data(entry: Entry) -> str | None:
    """Return the reference to the data that an entry withdraws; None if it withdraws none, or that was erased."""
    texts = entry.texts if entry.action == _WITHDRAWN else ()
    return next((text.value for text in texts if text.field == "reference"), None)


def _of_version(entry: Entry) -> bool:
    return "version_id" in entry.data and _touches(entry)


def _people(entries: Sequence[Entry]) -> frozenset[str]:
    """Return whose votes may count no longer, or again, by what became of them: their roles, groups and accounts."""
    return frozenset(who for entry in entries if (who := _person(entry)) is not None)


def _person(entry: Entry) -> str | None:
    if entry.action == "access.principal_disabled":
        return entry.subject
    if entry.action in _MEMBERS:
        return str(entry.data["principal_id"])
    if entry.action in _ROLES and entry.data["subject_type"] == SubjectType.USER:
        return str(entry.data["subject_id"])
    return None


def _place(subject: str) -> str:
    name = subject.partition(":")[0].partition("@")[0]
    return name or "*"
