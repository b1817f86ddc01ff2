"""What scanners of secrets send, and what they are answered."""

from typing import Literal, Self

from pydantic import BaseModel

from modelkeep.api.rest.v1.schemas.common import Out
from modelkeep.domains.access import Finding


class MatchIn(BaseModel):
    """What was found, and which pattern fits it; scanners say more (`url`, `source`), which is ignored."""

    token: str
    type: str


class FindingOut(Out):
    """Whether it is a token of this registry; it is named by its SHA-256 in hexadecimal digits."""

    token_hash: str
    token_type: str
    label: Literal["true_positive", "false_positive"]

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Present a finding."""
        return cls(token_hash=finding.token_hash, token_type=finding.token_type, label=finding.label.value)
