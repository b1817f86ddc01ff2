"""Comments on requests, within one transaction."""

from sqlalchemy import func, insert, select

from modelkeep.domains.governance.domain.comments import Comment, CommentVerdict
from modelkeep.domains.governance.tables.comments import COMMENT
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.paging import Page, PageRequest
from modelkeep.platform.database import AnyRow, Transaction
from modelkeep.platform.database.lists import OrderKey, fetch_page


class CommentRepository:
    """Comments within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        """Work with the transaction's session."""
        self._session = tx.session

    def add(self, comment: Comment) -> None:
        """Store a new comment."""
        values = {
            "id": comment.id,
            "request_id": comment.request_id,
            "thread": comment.thread,
            "author": comment.author,
            "made_at": comment.made_at,
            "text": comment.text,
            "verdict": comment.verdict.value,
        }
        self._session.execute(insert(COMMENT), values)

    def has_thread(self, request_id: str, thread: str) -> bool:
        """Say whether a request has a thread."""
        found = select(COMMENT.c.id).where(COMMENT.c.request_id == request_id, COMMENT.c.id == thread)
        return self._session.execute(found.where(COMMENT.c.thread == thread)).first() is not None

    def list(self, request_id: str, request: PageRequest) -> Page[Comment]:
        """Return one page of the comments on a request, the oldest first."""
        rows = select(*COMMENT.c, COMMENT.c.id.label("place"), COMMENT.c.id.label("identity"))
        return fetch_page(
            self._session,
            rows.where(COMMENT.c.request_id == request_id),
            request=request,
            scope=f"comments {request_id}",
            order=(OrderKey(COMMENT.c.id, str), COMMENT.c.id, False),
            build=_comment,
        )

    def requesting_changes(self, request_id: str) -> tuple[PrincipalId, ...]:
        """Return whose last verdict on a request is that something must change."""
        said = COMMENT.c.verdict != CommentVerdict.COMMENT.value
        last = select(func.max(COMMENT.c.id)).where(COMMENT.c.request_id == request_id, said).group_by(COMMENT.c.author)
        wanted = COMMENT.c.verdict == CommentVerdict.REQUEST_CHANGES.value
        rows = self._session.scalars(
            select(COMMENT.c.author).where(COMMENT.c.id.in_(last), wanted).order_by(COMMENT.c.author)
        )
        return tuple(PrincipalId(who) for who in rows)


def _comment(row: AnyRow) -> Comment:
    return Comment(
        id=row.id,
        request_id=row.request_id,
        thread=row.thread,
        author=PrincipalId(row.author),
        made_at=row.made_at,
        text=row.text,
        verdict=CommentVerdict(row.verdict),
    )
