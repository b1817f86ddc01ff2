"""Gates at work: the expression engine, what is known of a version, the evaluation, and its evidence."""

from modelkeep.domains.governance.service.gates.cel_engine import CelEngine
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator
from modelkeep.domains.governance.service.gates.sources import CATALOG_FACTS

__all__ = ["CATALOG_FACTS", "CelEngine", "GateEvaluator"]
