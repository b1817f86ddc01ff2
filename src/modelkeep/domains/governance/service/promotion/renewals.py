"""Renewals: when what a version's approvals were given on is another, people are asked again; the version stays."""

from dataclasses import dataclass, replace
from datetime import datetime

from modelkeep.domains.catalog import ModelVersion, version_by_id
from modelkeep.domains.governance.domain.evidence_bindings import Difference
from modelkeep.domains.governance.domain.holdings import (
    Holding,
    lapses,
    reason_to_renew,
    renewing_move,
    review_due,
    same_people,
    was_approved,
)
from modelkeep.domains.governance.domain.policies import Chain, Move, Policy
from modelkeep.domains.governance.domain.requests import Manner, PromotionRequest
from modelkeep.domains.governance.domain.votes import Decision, Lapse
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.repository.policies import PolicyRepository
from modelkeep.domains.governance.repository.promotion import HoldingRepository, RequestRepository, VoteRepository
from modelkeep.domains.governance.service.promotion.lapsing import end_votes
from modelkeep.domains.governance.service.promotion.making import ask, new_request
from modelkeep.domains.governance.service.promotion.moving import Journey, withdraw
from modelkeep.domains.governance.service.promotion.situations import NO_GATES, Lookout
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class _Held:
    """A version that holds a stage by a promotion; `way` is None where nobody is to approve that it stays."""

    version: ModelVersion
    holding: Holding
    policy: Policy
    promotion: PromotionRequest
    way: Move | None


@dataclass(frozen=True, slots=True)
class Renewals:
    """Lapses and renews the approvals of versions that hold a stage, whose models the caller has locked."""

    lookout: Lookout
    new_id: IdSource

    def look_after(self, tx: Transaction, system: Actor, version_id: str, now: datetime) -> None:
        """End approvals that do not count any longer, and ask for new ones; each lapse and each date asks once."""
        held = self._held(tx, version_id)
        if held is None:
            return
        held = self._lapsed(tx, system, held, now)
        if held.way is None or not held.holding.to_be_asked(now):
            return
        votes = VoteRepository(tx).all([held.promotion.id])
        self._ask(tx, system, held, now, reason_to_renew(held.promotion, votes, held.holding))
        found = self.lookout.look(tx, held.version, held.holding.stage, now)
        if found.request is not None:
            VoteRepository(tx).ask(found.request.id, found.chain)

    def ask(self, tx: Transaction, actor: Actor, version_id: str, now: datetime, *, reason: str) -> bool:
        """Ask for a renewal, and say whether there is anything to renew: a lapse, a date, or an emergency."""
        held = self._held(tx, version_id)
        if held is None:
            return False
        held = self._lapsed(tx, actor, held, now)
        emergency = held.promotion.manner is Manner.BREAK_GLASS
        if held.way is None or not (emergency or held.holding.lacks_renewal(now)):
            return False
        self._ask(tx, actor, held, now, reason)
        return True

    def _held(self, tx: Transaction, version_id: str) -> _Held | None:
        holding = HoldingRepository(tx).find(version_id)
        if holding is None:
            return None
        promotion = RequestRepository(tx).get(holding.request_id)
        policy = policy_of(tx, holding.model)
        known = policy.stage(holding.stage) is not None
        way = renewing_move(policy, promotion.source, holding.stage) if known else None
        return _Held(version_by_id(tx, version_id), holding, policy, promotion, way)

    def _lapsed(self, tx: Transaction, actor: Actor, held: _Held, now: datetime) -> _Held:
        """Return it with what has become of its approvals, which is noted."""
        holding, promotion = held.holding, held.promotion
        if held.way is None or promotion.manner is Manner.BREAK_GLASS:
            _end_over(tx, actor, held, now)
        if held.way is None:
            self._close(tx, actor, held, now)
            after = replace(holding, lapsed_at=None, review_at=None)
        elif promotion.manner is Manner.BREAK_GLASS:
            return held
        else:
            lacking = self._end_stale(tx, actor, held, now)
            lapsed_at = holding.lapsed_at or (now if lacking else None)
            after = replace(holding, lapsed_at=lapsed_at, review_at=review_due(promotion, held.policy))
        if after != holding:
            HoldingRepository(tx).save(after)
        return replace(held, holding=after)

    def _end_stale(self, tx: Transaction, actor: Actor, held: _Held, now: datetime) -> bool:
        """End the votes that do not count any longer, and say whether approvals lack."""
        votes = VoteRepository(tx).all([held.promotion.id])
        binding = self.lookout.binding(tx, held.version, held.policy, NO_GATES)
        asked = self._chain_changed(tx, held)
        ended = []
        for vote in votes:
            if vote.ended_at is None and vote.decision is Decision.APPROVE:
                changed = vote.binding.content_differences(binding)
                if asked:
                    changed += (Difference("policy_digest", vote.binding.policy_digest, binding.policy_digest),)
                why = Lapse.EXPIRED if vote.is_over(now) else Lapse.EVIDENCE
                if changed or why is Lapse.EXPIRED:
                    ended.append(vote.lapsed(why, changed, now))
        end_votes(tx, actor, held.promotion, ended)
        return bool(ended or asked or lapses(held.promotion, votes)) or not was_approved(held.promotion)

    def _chain_changed(self, tx: Transaction, held: _Held) -> bool:
        """Say whether the policy asks other people now than when the promotion was made."""
        promotion, now = held.promotion, held.policy
        if held.way is None or (promotion.policy, promotion.policy_number) == (now.name, now.number):
            return False
        then = PolicyRepository(tx).get(promotion.policy, promotion.policy_number).policy
        way = renewing_move(then, promotion.source, held.holding.stage)
        return not same_people(Chain() if way is None else way.chain, held.way.chain)

    def _ask(self, tx: Transaction, actor: Actor, held: _Held, now: datetime, reason: str) -> None:
        version, promotion, target = held.version, held.promotion, held.policy.stage(held.holding.stage)
        assert target is not None  # noqa: S101 - the policy has a way there
        assert held.way is not None  # noqa: S101 - the caller has asked
        if RequestRepository(tx).find_open(version.id, target.name) is None:
            journey = Journey(version, held.policy, target, now)
            made = new_request(self.new_id(), actor, journey, reason, held.way.chain.expires_after)
            root = promotion.renews or promotion.id
            ask(tx, actor, replace(made, source=promotion.source, renews=root))
        HoldingRepository(tx).save(replace(held.holding, asked_at=now))

    def _close(self, tx: Transaction, actor: Actor, held: _Held, now: datetime) -> None:
        request = RequestRepository(tx).find_open(held.version.id, held.holding.stage)
        if request is not None and request.renews is not None:
            withdraw(tx, actor, request, now, f"policy {held.policy.name} asks nobody to approve it")


def _end_over(tx: Transaction, actor: Actor, held: _Held, now: datetime) -> None:
    """End the votes whose term is over, where nobody's approval counts: they are not to be found again."""
    votes = VoteRepository(tx).all([held.promotion.id])
    over = [vote.lapsed(Lapse.EXPIRED, (), now) for vote in votes if vote.ended_at is None and vote.is_over(now)]
    end_votes(tx, actor, held.promotion, over)
