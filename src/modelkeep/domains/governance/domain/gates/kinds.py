"""The rule that a gate of a policy stands for, and what is wrong with its configuration beyond the form."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from modelkeep.domains.governance.domain.durations import parse_duration
from modelkeep.domains.governance.domain.findings import Finding, warning
from modelkeep.domains.governance.domain.gates.approval import ApprovalGate
from modelkeep.domains.governance.domain.gates.card_schema import CardSchemaGate, schema_findings
from modelkeep.domains.governance.domain.gates.cel import CelGate
from modelkeep.domains.governance.domain.gates.engine import GateEngine
from modelkeep.domains.governance.domain.gates.external import MAX_AGE, ExternalGate
from modelkeep.domains.governance.domain.gates.formats import FormatGate
from modelkeep.domains.governance.domain.gates.lineage_present import LineageGate
from modelkeep.domains.governance.domain.gates.max_age import MaxAgeGate
from modelkeep.domains.governance.domain.gates.metric_compare import MetricCompareGate
from modelkeep.domains.governance.domain.gates.rules import GateRule
from modelkeep.domains.governance.domain.gates.scan_pass import ScanPassGate
from modelkeep.domains.governance.domain.gates.signature import SignatureGate
from modelkeep.domains.governance.domain.policies import Gate, GateKind

Config: TypeAlias = Mapping[str, Any]


def rule_of(gate: Gate, target: str, engine: GateEngine) -> GateRule:
    """Return the rule of a gate of a move to a stage; its configuration fulfils the schema of policies."""
    if gate.kind is GateKind.CEL:
        return CelGate(str(gate.config["expression"]), engine)
    if gate.kind is GateKind.METRIC_COMPARE:
        return MetricCompareGate(**{"against": target, **gate.config})  # type: ignore[arg-type]  # the schema has checked them
    if gate.kind is GateKind.EXTERNAL:
        return ExternalGate(gate.id, parse_duration(str(gate.config["max_age"])) if gate.config else MAX_AGE)
    return _PLAIN[gate.kind](gate.config)


def _card(config: Config) -> GateRule:
    return CardSchemaGate(config.get("schema"), config.get("framework"), int(config.get("minimum_score", 100)))


def _format(config: Config) -> GateRule:
    return FormatGate(bool(config.get("data_only", True)), frozenset(config.get("formats", ())))


def _scan(config: Config) -> GateRule:
    return ScanPassGate(parse_duration(config["max_age"]) if "max_age" in config else None)


def _signature(config: Config) -> GateRule:
    return SignatureGate(frozenset(config.get("keys", ())), frozenset(config.get("identities", ())))


_PLAIN: Final[Mapping[GateKind, Callable[[Config], GateRule]]] = {
    GateKind.MAX_AGE: lambda config: MaxAgeGate(config["of"], parse_duration(config["age"])),
    GateKind.LINEAGE_PRESENT: lambda config: LineageGate(tuple(dict.fromkeys(config["require"]))),
    GateKind.CARD_SCHEMA: _card,
    GateKind.FORMAT: _format,
    GateKind.SCAN_PASS: _scan,
    GateKind.SIGNATURE: _signature,
    GateKind.APPROVAL: lambda config: ApprovalGate(config["role"], int(config.get("approvals", 1))),
}


def check_config(gate: Gate, engine: GateEngine) -> Iterator[Finding]:
    """Yield what is wrong with a gate whose form is right: an expression or a schema that cannot be used."""
    if gate.kind is GateKind.CEL:
        for problem in engine.check(str(gate.config["expression"])):
            message = f"line {problem.line}, column {problem.column} of the expression: {problem.message}"
            yield Finding(("config", "expression"), "invalid_expression", message)
    elif gate.kind is GateKind.FORMAT and not gate.config.get("data_only", True) and "formats" not in gate.config:
        message = "without `data_only` and `formats` any known format passes; say which with `formats`"
        yield warning(("config", "data_only"), "any_format", message)
    elif gate.kind is GateKind.CARD_SCHEMA:
        schema = gate.config.get("schema")
        for found in schema_findings(schema) if isinstance(schema, Mapping) else ():
            yield Finding(("config", "schema", *found.path), found.code, found.message, found.severity)
        if "minimum_score" in gate.config and "framework" not in gate.config:
            message = "there is no framework to score by; name one, or take this out"
            yield warning(("config", "minimum_score"), "useless_score", message)
