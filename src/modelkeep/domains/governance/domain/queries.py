"""What is asked of lists."""

from dataclasses import dataclass

from modelkeep.domains.governance.domain.requests import RequestStatus
from modelkeep.kernel.identity import PrincipalId
from modelkeep.kernel.references import ModelName


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Which requests are asked for; None for all."""

    model: ModelName | None = None
    status: RequestStatus | None = None
    requested_by: PrincipalId | None = None
