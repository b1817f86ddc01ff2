"""Ends votes that no longer count, and records why."""

from datetime import datetime

from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.domains.governance.domain.votes import Vote
from modelkeep.domains.governance.repository.promotion import VoteRepository
from modelkeep.domains.governance.service.promotion.situations import Situation
from modelkeep.kernel.events import Event, Json
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Transaction


def end_stale(tx: Transaction, actor: Actor, found: Situation, now: datetime) -> None:
    """End the votes on an open request that no longer count."""
    stale = [(vote, why) for vote in found.votes if (why := vote.reason_to_lapse(found.binding, now)) is not None]
    ended = [vote.lapsed(why, vote.binding.differences(found.binding), now) for vote, why in stale]
    end_votes(tx, actor, found.asked, ended)


def end_votes(tx: Transaction, actor: Actor, request: PromotionRequest, lapsed: list[Vote]) -> None:
    """Store that votes on a request have lapsed."""
    VoteRepository(tx).end(lapsed)
    tx.record(*(_event(request, vote, actor) for vote in lapsed))


def _event(request: PromotionRequest, vote: Vote, actor: Actor) -> Event:
    """Return the event of a vote that no longer counts, with what is different now."""
    assert vote.ended_at is not None  # noqa: S101 - it has lapsed
    assert vote.lapse is not None  # noqa: S101 - it has lapsed
    data: dict[str, Json] = {
        "vote_id": vote.id,
        "voter": vote.voter,
        "why": vote.lapse.value,
        "differences": [difference.document for difference in vote.differences],
    }
    return request.happened("governance.vote_lapsed", actor, vote.ended_at, data)
