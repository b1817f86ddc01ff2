"""Fills in the gates that count approvals, once it is known which votes count."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from modelkeep.domains.governance.domain.gates.approval import ApprovalGate
from modelkeep.domains.governance.domain.gates.facts import Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation, GateResult, GateStatus
from modelkeep.domains.governance.domain.policies import GateKind
from modelkeep.kernel.identity import PrincipalId


def count_approvals(evaluation: Evaluation, approvals: Iterable[tuple[PrincipalId, str]], at: datetime) -> Evaluation:
    """Return the evaluation with its gates of the kind `approval` judged by who approved in which role.

    Votes are bound to the digest, which therefore stays. A waiver of such a gate stays as well.
    """
    seen = Snapshot.of({"approvals": [{"by": by, "role": role} for by, role in sorted(set(approvals))]})
    results = (_counted(result, seen, at) for result in evaluation.results)
    return replace(evaluation, results=tuple(results))


def _counted(result: GateResult, seen: Snapshot, at: datetime) -> GateResult:
    if result.kind is not GateKind.APPROVAL:
        return result
    config = result.gate.config
    outcome = ApprovalGate(str(config["role"]), int(str(config.get("approvals", 1)))).judge(seen, at)
    waived = result.status is GateStatus.WAIVED and outcome.status is not GateStatus.PASSED
    status = result.status if waived else outcome.status
    message = result.message if waived else outcome.message
    return replace(
        result, status=status, found=outcome.status, message=message, evidence=outcome.evidence, snapshot=seen
    )
