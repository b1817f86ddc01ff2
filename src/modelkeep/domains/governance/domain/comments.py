"""What people say about a request, in threads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from modelkeep.domains.governance.domain.requests import PromotionRequest
from modelkeep.kernel.errors import Kind, RegistryError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId


class ThreadNotFoundError(RegistryError):
    """The request has no such thread."""

    kind = Kind.NOT_FOUND
    code = "governance.thread_not_found"


class CommentVerdict(StrEnum):
    """What a reviewer makes of a request; changes that somebody requests stop it until they approve."""

    COMMENT = "comment"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said; `thread` is the id of the first comment of its thread, its own if it is that."""

    id: str
    request_id: str
    thread: str
    author: PrincipalId
    made_at: datetime
    text: str
    verdict: CommentVerdict = CommentVerdict.COMMENT

    def made(self, request: PromotionRequest, by: Actor) -> Event:
        """Return the event of its making."""
        data = {"comment_id": self.id, "thread": self.thread, "verdict": self.verdict.value}
        return request.happened("governance.promotion_commented", by, self.made_at, data, texts={"comment": self.text})
