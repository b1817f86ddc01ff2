"""What surrounds promotions: inbox, comments, reviews after the fact, delegations, emergencies, rollbacks, data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from modelkeep.client.answers import Answer
from modelkeep.client.approvals import LiveVersion
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.promotions import Clause, PromotionRequest, Vote
from modelkeep.client.values import Author
from modelkeep.kernel.canonical_json import Json

Verdict = Literal["comment", "approve", "request_changes"]


@dataclass(frozen=True, slots=True)
class InboxItem:
    """Something that waits for the caller: a vote (again, if `lapsed`), a review, or a request of their own."""

    waiting: str
    request: PromotionRequest
    lapsed: Vote | None
    review_due_at: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "InboxItem":
        """Read what the server says."""
        lapsed = answer.find("lapsed")
        return cls(
            answer.text("waiting"),
            PromotionRequest.read(answer.find("request") or Answer({})),
            None if lapsed is None else Vote.read(lapsed),
            answer.find_time("review_due_at"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class RequestComment:
    """What somebody said about a request; `thread` is the comment that it answers, or itself."""

    id: str
    thread: str
    author: Author
    made_at: datetime
    text: str
    verdict: str
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "RequestComment":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("thread"),
            Author.read(answer.find("author")),
            answer.time("made_at"),
            answer.text("text"),
            answer.text("verdict"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Delegation:
    """That somebody may answer requests in another's place, for a time."""

    id: str
    delegator: Author
    delegate: Author
    scope: str
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Delegation":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            Author.read(answer.find("delegator")),
            Author.read(answer.find("delegate")),
            answer.text("scope"),
            answer.time("starts_at"),
            answer.time("ends_at"),
            answer.find_time("ended_at"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Rollback:
    """What a rollback does or did: who takes the stage, who leaves it, and what stands against it."""

    reference: str
    stage: str
    leaving: tuple[str, ...]
    ready: bool
    clauses: tuple[Clause, ...]
    review_due_at: datetime | None
    request: str | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Rollback":
        """Read what the server says."""
        return cls(
            answer.text("reference"),
            answer.text("stage"),
            answer.texts("leaving"),
            bool(answer.flag("ready")),
            tuple(Clause.read(item) for item in answer.items("clauses")),
            answer.find_time("review_due_at"),
            answer.find_text("request"),
            answer.document,
        )


class ReviewMethods(Connected):
    """What a registry object can do around promotions."""

    def inbox(self) -> Listing[InboxItem]:
        """Yield what waits for the caller, the most urgent first."""
        return self._pages("/inbox", InboxItem.read)

    def break_glass(self, reference: str, stage: str, *, reason: str) -> PromotionRequest:
        """Move a version to a stage in an emergency, for as long as the policy lets it; a review follows.

        Raises:
            ForbiddenError: the caller does not hold the role that the policy names.
            BlockedError: the policy has no such way, or the version is in quarantine.
        """
        path = f"{self._version_path(reference)}/break-glass"
        return PromotionRequest.read(self._session.answer(Call("POST", path, body={"stage": stage, "reason": reason})))

    def roll_back(
        self, model: str, to: str, *, reason: str = "", stage: str = "Production", dry_run: bool = False
    ) -> Rollback:
        """Let the version that held a stage hold it again, or with `dry_run` say what that would do.

        Args:
            model: the model's name.
            to: when it held the stage, such as `7 days ago`, a date or a time; or the version.
            reason: why; needed unless it is a dry run.
            stage: which stage.
            dry_run: whether nothing is changed.

        Raises:
            NotFoundError: nothing held the stage then.
            BlockedError: the version cannot be used; the details list the clauses.
        """
        body: dict[str, Json] = {"to": to, "stage": stage, "reason": reason, "dry_run": dry_run}
        return Rollback.read(self._session.answer(Call("POST", f"{self._model_path(model)}/rollback", body=body)))

    def list_comments(self, request: str) -> Listing[RequestComment]:
        """Yield what was said about a request, the oldest first."""
        return self._pages(f"{route('promotion-requests', request)}/comments", RequestComment.read)

    def add_comment(
        self, request: str, text: str, *, verdict: Verdict = "comment", thread: str | None = None
    ) -> RequestComment:
        """Say something about a request; changes that are requested stop it until that verdict is another."""
        body: dict[str, Json] = {"text": text, "verdict": verdict, "thread": thread}
        call = Call("POST", f"{route('promotion-requests', request)}/comments", body=body)
        return RequestComment.read(self._session.answer(call))

    def finish_review(self, request: str, verdict: str, *, comment: str = "") -> PromotionRequest:
        """Finish the review of a promotion in an emergency, or of a rollback, after the fact."""
        body: dict[str, Json] = {"verdict": verdict, "comment": comment}
        answer = self._session.answer(Call("POST", f"{route('promotion-requests', request)}/review", body=body))
        return PromotionRequest.read(answer.find("request") or Answer({}))

    def delegate(
        self, delegate: str, *, ends_at: datetime, starts_at: datetime | None = None, scope: str = "*", reason: str = ""
    ) -> Delegation:
        """Let somebody answer requests in the caller's place, for a time: what the caller may answer, and no more."""
        body: dict[str, Json] = {
            "delegate": delegate,
            "scope": scope,
            "ends_at": ends_at.isoformat(),
            "starts_at": None if starts_at is None else starts_at.isoformat(),
            "reason": reason,
        }
        return Delegation.read(self._session.answer(Call("POST", "/delegations", body=body)))

    def list_delegations(self) -> Listing[Delegation]:
        """Yield the delegations that the caller made or received, the newest first."""
        return self._pages("/delegations", Delegation.read)

    def end_delegation(self, delegation: str) -> Delegation:
        """End a delegation of the caller's before its time."""
        return Delegation.read(self._session.answer(Call("POST", f"{route('delegations', delegation)}/end")))

    def withdraw_data(self, reference: str, *, reason: str) -> Listing[LiveVersion]:
        """Withdraw data by its URI or digest: approvals of versions that were trained on it no longer count.

        Return those of them that hold a stage.
        """
        self._session.answer(Call("POST", "/withdrawn-data", body={"reference": reference, "reason": reason}))
        return self._pages("/live-versions", LiveVersion.read, trained_on=reference)
