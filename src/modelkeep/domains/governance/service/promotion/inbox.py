"""Shows people what waits for them."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.governance.domain.inbox import InboxItem, Waiting
from modelkeep.domains.governance.repository.promotion import ReviewRepository, VoteRepository, list_inbox
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class InboxService:
    """What waits for somebody's answer, and what they wait for."""

    database: Database
    access: AccessService

    def list(self, actor: Actor, page: PageRequest) -> Page[InboxItem]:
        """Return one page: votes that lapsed, overdue reviews, votes, reviews, and the actor's own requests."""
        with self.database.snapshot() as tx:
            found = list_inbox(tx, page, self.access.values(actor, Permission.VERSION_READ))
            requests = [request for _, request in found.items]
            reviews = ReviewRepository(tx).of(requests)
            lapsed = VoteRepository(tx).lapsed(actor.id, requests)
        items = tuple(
            InboxItem(
                waiting,
                request,
                lapsed.get(request.id) if waiting is Waiting.VOTE_AGAIN else None,
                reviews.get(request.id),
            )
            for waiting, request in found.items
        )
        return Page(items, found.next_token)
