"""Gates at work: the expression engine, what is known of a version, the evaluation, and its evidence."""

from modelkeep.domains.governance.service.gates.cel_engine import CelEngine
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator

__all__ = ["CelEngine", "GateEvaluator"]
