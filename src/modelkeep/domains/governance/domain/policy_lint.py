"""What a policy means that fulfils the schema, and why it would not work."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.governance.domain.findings import Finding, Path, warning
from modelkeep.domains.governance.domain.policies import Chain, Gate, GateKind, Move, Policy, Stage, Step
from modelkeep.domains.governance.domain.policy_documents import read_policy, structure_findings, suggested
from modelkeep.kernel.canonical_json import Json

GateCheck = Callable[[Gate], Iterable[Finding]]
"""Says what is wrong with a gate beyond its form; paths begin at the gate."""

_APPROVE: Final = "stage.approve"
_PROMOTE: Final = "stage.promote"
_RESERVED: Final = frozenset({"latest"})


@dataclass(frozen=True, slots=True)
class LintContext:
    """What a policy is held against: the roles there are and what they grant, and who knows what gates mean."""

    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    check_gate: GateCheck | None = None


def lint(document: Json, context: LintContext) -> tuple[Finding, ...]:
    """Return everything that is wrong with a policy document; what it means only if its form is right."""
    broken = structure_findings(document)
    if broken:
        return broken
    policy = read_policy(document, 0)
    checks = (_stages, _replacements, _moves, _reachability, _gate_ids, _cadences)
    return (
        *(finding for check in checks for finding in check(policy)),
        *_roles(policy, context.roles),
        *_gate_meanings(policy, context.check_gate),
    )


def _stages(policy: Policy) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, stage in enumerate(policy.stages):
        path: Path = ("stages", index, "name")
        if stage.name in seen:
            yield Finding(path, "duplicate_stage", f"stage {stage.name} is there twice; keep one")
        if stage.name.lower() in _RESERVED:
            yield Finding(path, "reserved_stage", f"`@{stage.name.lower()}` is the newest version; choose another name")
        seen.add(stage.name)
    if policy.stages[0].exclusive:
        message = f"every version starts in {policy.stages[0].name}, so it cannot be exclusive; take `exclusive` out"
        yield Finding(("stages", 0, "exclusive"), "exclusive_first_stage", message)


def _replacements(policy: Policy) -> Iterator[Finding]:
    for index, stage in enumerate(policy.stages):
        yield from _replacement(policy, stage, ("stages", index))


def _replacement(policy: Policy, stage: Stage, path: Path) -> Iterator[Finding]:
    target = (*path, "replaced_to")
    if stage.replaced_to is None:
        if stage.exclusive:
            message = f"{stage.name} is exclusive; say with `replaced_to` which stage its holder goes to when replaced"
            yield Finding((*path, "exclusive"), "nowhere_to_go", message)
        return
    found = policy.stage(stage.replaced_to)
    if not stage.exclusive:
        message = f"{stage.name} is not exclusive, so nobody is replaced; set `exclusive: true`, or take this out"
        yield Finding(target, "never_replaced", message)
    elif found is None:
        yield Finding(target, "unknown_stage", _no_stage(policy, stage.replaced_to))
    elif found.exclusive:
        message = f"{found.name} is held by one version at a time, so nobody can be moved there; name another stage"
        yield Finding(target, "replaced_to_exclusive", message)


def _moves(policy: Policy) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for index, move in enumerate(policy.moves):
        path: Path = ("moves", index)
        for side, name in (("from", move.source), ("to", move.target)):
            if policy.stage(name) is None:
                yield Finding((*path, side), "unknown_stage", _no_stage(policy, name))
        if move.source == move.target:
            yield Finding((*path, "to"), "move_to_itself", f"this moves {move.source} to itself; name another stage")
        if (move.source, move.target) in seen:
            message = f"the move from {move.source} to {move.target} is there twice; keep one"
            yield Finding(path, "duplicate_move", message)
        seen.add((move.source, move.target))
        yield from _chain(move.chain, (*path, "approvals"))


def _chain(chain: Chain, path: Path) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, step in enumerate(chain.steps):
        place = (*path, "steps", index)
        if step.name in seen:
            message = f"two steps are called {step.name}; give each a `name` of its own"
            yield Finding(place, "duplicate_step", message)
        seen.add(step.name)
        yield from _escalation(chain, step, place)


def _escalation(chain: Chain, step: Step, path: Path) -> Iterator[Finding]:
    if (step.escalate_after is None) != (step.escalate_to is None):
        given, missing = ("escalate_to", "escalate_after") if step.escalate_to else ("escalate_after", "escalate_to")
        yield Finding((*path, given), "half_an_escalation", f"`{given}` needs `{missing}` beside it; add it")
    elif step.escalate_after and chain.expires_after and step.escalate_after >= chain.expires_after:
        message = "the request expires before it is escalated; escalate earlier, or let it live longer"
        yield warning((*path, "escalate_after"), "never_escalated", message)


def _reachability(policy: Policy) -> Iterator[Finding]:
    reached = _reachable(policy)
    for index, stage in enumerate(policy.stages):
        if stage.name not in reached:
            message = f"no moves lead from {policy.stages[0].name} to {stage.name}; add one, or take the stage out"
            yield Finding(("stages", index, "name"), "unreachable_stage", message)
    for index, move in enumerate(policy.moves):
        if policy.stage(move.source) is not None and move.source not in reached:
            message = f"no version ever is in {move.source}; add a move that leads there, or take this one out"
            yield Finding(("moves", index, "from"), "move_out_of_nowhere", message)


def _reachable(policy: Policy) -> set[str]:
    """Return the stages that a version can come to, by moves or because another takes its place."""
    steps = {(move.source, move.target) for move in policy.moves}
    steps |= {(stage.name, stage.replaced_to) for stage in policy.stages if stage.replaced_to is not None}
    reached = {policy.stages[0].name}
    while new := {target for source, target in steps if source in reached} - reached:
        reached |= new
    return reached


def _gate_ids(policy: Policy) -> Iterator[Finding]:
    """Two gates of one move must not share an id; the same id elsewhere means the same gate, for waivers name it."""
    meanings: dict[str, Gate] = {}
    for path, gate, first_of_move in _gates(policy):
        known = meanings.setdefault(gate.id, gate)
        if not first_of_move:
            message = f"two gates of this move are called {gate.id}; give each an `id` of its own"
            yield Finding((*path, "id"), "duplicate_gate", message)
        elif (known.kind, known.config) != (gate.kind, gate.config):
            message = f"{gate.id} asks something else in an earlier move; give this gate another `id`"
            yield Finding((*path, "id"), "ambiguous_gate", message)


def _gates(policy: Policy) -> Iterator[tuple[Path, Gate, bool]]:
    """Yield each gate with its path, and whether it is the first of its move with this id."""
    for index, move in enumerate(policy.moves):
        seen: set[str] = set()
        for place, gate in enumerate(move.gates):
            yield ("moves", index, "gates", place), gate, gate.id not in seen
            seen.add(gate.id)


def _cadences(policy: Policy) -> Iterator[Finding]:
    names = [stage.name for stage in policy.stages]
    for name in policy.review_every:
        if name not in names:
            yield Finding(("review_every", name), "unknown_stage", _no_stage(policy, name))


def _roles(policy: Policy, roles: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    for path, role, permission in _named_roles(policy):
        if role not in roles:
            message = f"there is no role {role}; make it with 'modelkeep role create' in time{suggested(role, roles)}"
            yield warning(path, "unknown_role", message)
        elif permission not in roles[role]:
            message = f"role {role} does not grant {permission}, so who holds it cannot; name a role that does"
            yield warning(path, "powerless_role", message)


def _named_roles(policy: Policy) -> Iterator[tuple[Path, str, str]]:
    """Yield each role that the policy names: where, and the permission that it must grant to be of use."""
    for index, move in enumerate(policy.moves):
        yield from _roles_of_move(move, ("moves", index))
    if policy.break_glass is not None:
        yield ("break_glass", "role"), policy.break_glass.role, _PROMOTE


def _roles_of_move(move: Move, path: Path) -> Iterator[tuple[Path, str, str]]:
    for index, step in enumerate(move.chain.steps):
        place = (*path, "approvals", "steps", index)
        yield (*place, "role"), step.role, _APPROVE
        if step.escalate_to is not None:
            yield (*place, "escalate_to"), step.escalate_to, _APPROVE
    for index, gate in enumerate(move.gates):
        if gate.kind is GateKind.APPROVAL:
            yield (*path, "gates", index, "config", "role"), str(gate.config["role"]), _APPROVE


def _gate_meanings(policy: Policy, check: GateCheck | None) -> Iterator[Finding]:
    if check is None:
        return
    for path, gate, _ in _gates(policy):
        for finding in check(gate):
            yield Finding((*path, *finding.path), finding.code, finding.message, finding.severity)


def _no_stage(policy: Policy, name: str) -> str:
    stages = [stage.name for stage in policy.stages]
    return f"no stage is called {name}{suggested(name, stages)}"
