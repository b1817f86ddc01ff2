"""Policy documents: what they look like by their JSON Schema, and the policy that one stands for."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import cache, reduce
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from modelkeep.domains.governance.domain.durations import parse_duration
from modelkeep.domains.governance.domain.findings import Finding, Path
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
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.digests import Digest, digest_json

if TYPE_CHECKING:  # a server starts without them
    from jsonschema_rs import Draft202012Validator, ValidationError

MAX_DOCUMENT: Final = 128 * 1024
"""Most characters of a policy document."""

Members: TypeAlias = Mapping[str, Any]
"""An object of a document that fulfils the schema."""

_TYPES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_AT_MOST: Final = {"maxItems": "entries", "maxLength": "characters", "maxProperties": "entries"}
_AT_LEAST: Final = {"minItems": "entry", "minLength": "character", "minProperties": "entry"}


@cache
def policy_schema() -> Mapping[str, Json]:
    """Return the JSON Schema (draft 2020-12) of policy documents; it is part of the public contract and only grows."""
    text = files(__package__).joinpath("policy.schema.json").read_text("utf-8")
    return cast("Mapping[str, Json]", json.loads(text))


@cache
def _validator() -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - only linting needs it

    return Draft202012Validator(dict(policy_schema()))


def structure_findings(document: Json) -> tuple[Finding, ...]:
    """Return where a document does not fulfil the schema; none means that `read_policy` can read it."""
    found: dict[Finding, None] = {}
    for error in _validator().iter_errors(document):
        found.update(dict.fromkeys(_explained(error)))
    return tuple(found)


def read_policy(document: Json, number: int, digest: Digest | None = None) -> Policy:
    """Return the policy that a document stands for, which fulfils the schema, as its version of this number."""
    root = cast("Members", document)
    broken = root.get("break_glass")
    return Policy(
        name=root["name"],
        number=number,
        digest=digest or digest_json(document),
        description=root.get("description", ""),
        stages=tuple(_stage(stage) for stage in root["stages"]),
        moves=tuple(_move(move) for move in root["moves"]),
        rollback=_rollback(root.get("rollback", {})),
        break_glass=None if broken is None else _break_glass(broken),
        review_every=_durations(root.get("review_every", {})),
        retention=_durations(root.get("retention", {})),
    )


def _stage(given: Members) -> Stage:
    return Stage(given["name"], given.get("description", ""), given.get("exclusive", False), given.get("replaced_to"))


def _move(given: Members) -> Move:
    gates = tuple(_gate(gate) for gate in given.get("gates", ()))
    chain = _chain(given["approvals"]) if "approvals" in given else Chain()
    return Move(given["from"], given["to"], chain, gates, given.get("automatic", False))


def _chain(given: Members) -> Chain:
    steps = tuple(_step(step) for step in given["steps"])
    return Chain(steps, given.get("ordered", False), _duration(given, "expires_after"))


def _step(given: Members) -> Step:
    role = given["role"]
    after, to = _duration(given, "escalate_after"), given.get("escalate_to")
    return Step(given.get("name", role), role, int(given.get("approvals", 1)), after, to)


def _gate(given: Members) -> Gate:
    severity = Severity(given.get("severity", Severity.BLOCK))
    return Gate(given["id"], GateKind(given["kind"]), severity, given.get("description", ""), given.get("config", {}))


def _rollback(given: Members) -> Rollback:
    needs = given.get("needs_valid_approvals", False)
    return Rollback(needs, _duration(given, "held_within"), _duration(given, "review_within"))


def _break_glass(given: Members) -> BreakGlass:
    return BreakGlass(given["role"], parse_duration(given["expires_after"]), parse_duration(given["review_within"]))


def _duration(given: Members, name: str) -> timedelta | None:
    return parse_duration(given[name]) if name in given else None


def _durations(given: Members) -> dict[str, timedelta]:
    return {name: parse_duration(text) for name, text in given.items()}


def _explained(error: "ValidationError") -> Iterator[Finding]:
    """Yield what an error of the validator means to who wrote the document."""
    path: Path = tuple(error.instance_path)
    schema, rule = _schema_at(error.schema_path[:-1]), str(error.schema_path[-1])
    if rule == "additionalProperties":
        yield from _unknown(path, cast("Members", error.instance), schema)
    elif rule == "required":
        given = cast("Members", error.instance)
        missing = [name for name in cast("Sequence[str]", schema[rule]) if name not in given]
        yield from (Finding(path, "missing", f"{where(path)} has no `{name}`; add it") for name in missing)
    elif rule in ("enum", "const"):
        known = cast("Sequence[str]", schema[rule])
        yield Finding(path, "unknown_value", f"{_shown(error.instance)} is none of {listed(known)}; write one of them")
    else:
        yield Finding(path, *_broken_rule(rule, schema, error.instance))


def _schema_at(path: Iterable[str | int]) -> Members:
    """Return the part of the schema at a path."""
    return cast("Members", reduce(lambda part, step: part[step], path, cast("Any", policy_schema())))


def _unknown(path: Path, instance: Members, schema: Members) -> Iterator[Finding]:
    known = schema["properties"]
    for name in instance:
        if name not in known:
            yield Finding(
                (*path, name), "unknown_field", f"{where(path)} has no field `{name}`{suggested(name, known)}"
            )


def _broken_rule(rule: str, schema: Members, value: object) -> tuple[str, str]:
    """Return the code and the message of a value that breaks a rule of its schema."""
    limit, expected = schema[rule], schema.get("x-expected")
    if rule == "type":
        return "wrong_type", f"this is {_shown(value)}; write {_TYPES[str(limit)]}"
    if rule in _AT_MOST:
        return "too_long", f"there are more than {limit} {_AT_MOST[rule]}; leave some out"
    if expected is not None:
        return "invalid_value", f"this is {_shown(value)}; write {expected}"
    if rule in _AT_LEAST:
        return "empty", f"this is empty; write at least one {_AT_LEAST[rule]}, or leave it out"
    return "invalid_value", f"this is {_shown(value)}; at {rule} it may be {limit}"


def where(path: Path) -> str:
    """Return what a part of a document is called in a message."""
    named = [str(part) for part in path if isinstance(part, str)]
    return f"`{named[-1]}`" if named else "the policy"


def suggested(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: what was probably meant, or what there is."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; there are {listed(names)}" if names else "; leave it out"


def listed(names: Iterable[str]) -> str:
    """Return names as a message lists them."""
    return ", ".join(f"`{name}`" for name in names)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - a line
