"""Approvals of what holds a stage: by whose a version does, or did, and which are to be renewed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected, Moment, moment, reference_at
from modelkeep.client.listing import Listing
from modelkeep.client.promotions import PromotionRequest, Vote


@dataclass(frozen=True, slots=True)
class Approvals:
    """By whose approvals a version holds its stage, or held it then; `request` is None if nobody was asked.

    `lapsed_at` is since when approvals have lapsed that are not renewed, `review_at` when they are to be looked at
    again.
    """

    reference: str
    stage: str
    request: PromotionRequest | None
    votes: tuple[Vote, ...]
    lapsed_at: datetime | None
    review_at: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Approvals":
        """Read what the server says."""
        request = answer.find("request")
        return cls(
            answer.text("reference"),
            answer.text("stage"),
            None if request is None else PromotionRequest.read(request),
            tuple(Vote.read(item) for item in answer.items("votes")),
            answer.find_time("lapsed_at"),
            answer.find_time("review_at"),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """A version that holds a stage, the promotion or renewal by which it does, and the open renewal, if there is."""

    reference: str
    stage: str
    approved_by: PromotionRequest
    lapsed_at: datetime | None
    review_at: datetime | None
    renewal: str | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "LiveVersion":
        """Read what the server says."""
        return cls(
            answer.text("reference"),
            answer.text("stage"),
            PromotionRequest.read(answer.find("approved_by") or Answer({})),
            answer.find_time("lapsed_at"),
            answer.find_time("review_at"),
            answer.find_text("renewal"),
            answer.document,
        )


class ApprovalMethods(Connected):
    """What a registry object can say of approvals."""

    def get_approvals(self, reference: str, *, as_of: Moment | None = None) -> Approvals:
        """Say by whose approvals a version holds its stage, or held it then.

        Raises:
            NotFoundError: nothing answers to the reference, or did then.
        """
        asked = reference_at(reference, as_of)
        return Approvals.read(
            self._session.get(f"{self._version_path(str(asked))}/approvals", as_of=moment(asked.as_of))
        )

    def live_versions(
        self,
        *,
        model: str | None = None,
        stage: str | None = None,
        trained_on: str | None = None,
        not_renewed: bool = False,
    ) -> Listing[LiveVersion]:
        """Yield the versions that hold a stage by a promotion, the newest first.

        Args:
            model: only of this model.
            stage: only in this stage.
            trained_on: only those trained on the data with this URI or digest.
            not_renewed: only those whose approvals have lapsed, or are to be looked at again.
        """
        return self._pages(
            "/live-versions",
            LiveVersion.read,
            model=model,
            stage=stage,
            trained_on=trained_on,
            not_renewed="true" if not_renewed else None,
        )
