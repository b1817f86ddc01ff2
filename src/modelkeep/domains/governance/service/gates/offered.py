"""What the domain offers of gates."""

from dataclasses import dataclass

from modelkeep.domains.governance.service.external_checks import ExternalCheckService
from modelkeep.domains.governance.service.gates.checking import GateCheckService
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator
from modelkeep.domains.governance.service.waivers import WaiverService


@dataclass(frozen=True, slots=True)
class GateServices:
    """Gates evaluated, waived, and answered for by other systems."""

    evaluator: GateEvaluator
    checks: GateCheckService
    waivers: WaiverService
    external: ExternalCheckService
