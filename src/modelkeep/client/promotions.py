"""Promotions: asking that a version move to a stage, answering, and why it may not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import Author
from modelkeep.kernel.canonical_json import Json

RequestStatus = Literal["open", "promoted", "rejected", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that must be so for a move: whether it is, what to do if not, and some of whom to ask.

    One that does not hold and does not block is a warning.
    """

    name: str
    holds: bool
    blocks: bool
    says: str
    to_do: str
    role: str | None
    ask: tuple[Author, ...]

    @classmethod
    def read(cls, answer: Answer) -> "Clause":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            bool(answer.flag("holds")),
            bool(answer.flag("blocks")),
            answer.text("says"),
            answer.text("to_do"),
            answer.find_text("role"),
            tuple(Author.read(who) for who in answer.items("ask")),
        )


@dataclass(frozen=True, slots=True)
class Vote:
    """An answer to a request; `lapse` says why it no longer counts, `differences` what has changed since."""

    id: str
    step: str
    voter: Author
    decision: str
    comment: str
    cast_at: datetime
    conditions: Mapping[str, object]
    ended_at: datetime | None
    lapse: str | None
    differences: tuple[str, ...]

    @classmethod
    def read(cls, answer: Answer) -> "Vote":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("step"),
            Author.read(answer.find("voter")),
            answer.text("decision"),
            answer.text("comment"),
            answer.time("cast_at"),
            answer.mapping("conditions"),
            answer.find_time("ended_at"),
            answer.find_text("lapse"),
            tuple(one.text("says") for one in answer.items("differences")),
        )


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """A request that a version move to a stage; in a list without clauses and votes.

    For a renewal `renews` is the promotion whose approvals it renews: the version stays where it is.
    """

    id: str
    reference: str
    from_stage: str
    to_stage: str
    reason: str
    requested_by: Author
    requested_at: datetime
    expires_at: datetime | None
    policy: str
    status: str
    closed_at: datetime | None
    closed_by: Author
    ready: bool
    clauses: tuple[Clause, ...]
    votes: tuple[Vote, ...]
    renews: str | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "PromotionRequest":
        """Read what the server says."""
        return cls(
            answer.text("id"),
            answer.text("reference"),
            answer.text("from_stage"),
            answer.text("to_stage"),
            answer.text("reason"),
            Author.read(answer.find("requested_by")),
            answer.time("requested_at"),
            answer.find_time("expires_at"),
            _policy(answer),
            answer.text("status"),
            answer.find_time("closed_at"),
            Author.read(answer.find("closed_by")),
            bool(answer.flag("ready")),
            tuple(Clause.read(item) for item in answer.items("clauses")),
            tuple(Vote.read(item) for item in answer.items("votes")),
            answer.find_text("renews"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What stands against a version's move to a stage, clause by clause; `request` is the id of the open request."""

    reference: str
    from_stage: str
    to_stage: str
    policy: str
    request: str | None
    ready: bool
    clauses: tuple[Clause, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Standpoint":
        """Read what the server says."""
        return cls(
            answer.text("reference"),
            answer.text("from_stage"),
            answer.text("to_stage"),
            _policy(answer),
            answer.find_text("request"),
            bool(answer.flag("ready")),
            tuple(Clause.read(item) for item in answer.items("clauses")),
            answer.document,
        )


class PromotionMethods(Connected):
    """What a registry object can do with promotions."""

    def request_promotion(self, reference: str, stage: str, *, reason: str) -> PromotionRequest:
        """Ask that a version move to a stage; a request that is open already is returned as it stands.

        Raises:
            BlockedError: the policy has no such move, or the version cannot be promoted at all.
        """
        path = f"{self._version_path(reference)}/promotion-requests"
        return self._request("POST", path, {"stage": stage, "reason": reason})

    def get_promotion_request(self, request: str) -> PromotionRequest:
        """Return a request, the votes on it, and while it is open what it lacks."""
        return PromotionRequest.read(self._session.get(route("promotion-requests", request)))

    def list_promotion_requests(
        self, *, model: str | None = None, status: RequestStatus | None = None
    ) -> Listing[PromotionRequest]:
        """Yield the requests about models that the caller may see, the newest first, without clauses and votes."""
        return self._pages("/promotion-requests", PromotionRequest.read, model=model, status=status)

    def approve(
        self,
        request: str,
        *,
        comment: str = "",
        step: str | None = None,
        conditions: Mapping[str, Json] | None = None,
    ) -> PromotionRequest:
        """Approve a request; `conditions` may have `text`, `terms` for programs, and `expires_at`.

        Raises:
            ForbiddenError: the caller may not answer it, such as who asked or who made the version.
            BlockedError: it is closed, or no step of it waits for the caller.
        """
        return self._vote(request, "approve", comment, step, conditions)

    def reject(self, request: str, *, comment: str = "", step: str | None = None) -> PromotionRequest:
        """Reject a request: it is closed.

        Raises:
            ForbiddenError: the caller may not answer it.
            BlockedError: it is closed already.
        """
        return self._vote(request, "reject", comment, step, None)

    def promote(self, request: str) -> PromotionRequest:
        """Make the move that was asked for.

        Raises:
            BlockedError: something stands against it; the details list the clauses.
        """
        return self._request("POST", f"{route('promotion-requests', request)}/promote", None)

    def withdraw_promotion_request(self, request: str, *, reason: str = "") -> PromotionRequest:
        """Take a request back.

        Raises:
            BlockedError: it is closed already.
        """
        return self._request("POST", f"{route('promotion-requests', request)}/withdraw", {"reason": reason})

    def why(self, reference: str, stage: str) -> Standpoint:
        """Say what stands against a version's move to a stage, clause by clause, and what to do about it."""
        return Standpoint.read(self._session.get(f"{self._version_path(reference)}/promotion", stage=stage))

    def _vote(
        self, request: str, decision: str, comment: str, step: str | None, conditions: Mapping[str, Json] | None
    ) -> PromotionRequest:
        body: dict[str, Json] = {"decision": decision, "comment": comment, "step": step}
        if conditions:
            body["conditions"] = dict(conditions)
        return self._request("POST", f"{route('promotion-requests', request)}/votes", body)

    def _request(self, method: str, path: str, body: dict[str, Json] | None) -> PromotionRequest:
        return PromotionRequest.read(self._session.answer(Call(method, path, body=body)))


def _policy(answer: Answer) -> str:
    policy = answer.find("policy") or Answer({})
    return f"{policy.text('name')} v{policy.integer('number')}"
