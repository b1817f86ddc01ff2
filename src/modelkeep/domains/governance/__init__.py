"""Policies, gates, approvals and promotion: which version may hold which stage, and who said so on what evidence."""

from modelkeep.domains.governance.domain.policies import (
    BreakGlass,
    Chain,
    Gate,
    GateKind,
    Move,
    Policy,
    Rollback,
    Severity,
    Stage,
    Step,
)

__all__ = [
    "BreakGlass",
    "Chain",
    "Gate",
    "GateKind",
    "Move",
    "Policy",
    "Rollback",
    "Severity",
    "Stage",
    "Step",
]
