"""Gates at work: the expression engine, what is known of a version, the evaluation, and its evidence."""

from modelkeep.domains.governance.service.gates.cel_engine import CelEngine
from modelkeep.domains.governance.service.gates.checking import CheckedGates, GateCheckService
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator
from modelkeep.domains.governance.service.gates.offered import GateServices
from modelkeep.domains.governance.service.gates.sources import FactSource, fact_sources
from modelkeep.domains.governance.service.gates.trying import try_expressions

__all__ = [
    "CelEngine",
    "CheckedGates",
    "FactSource",
    "GateCheckService",
    "GateEvaluator",
    "GateServices",
    "fact_sources",
    "try_expressions",
]
