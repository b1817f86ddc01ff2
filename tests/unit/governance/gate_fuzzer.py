"""Feeds a gate engine what nobody should, in a process that may die of it: `gate_fuzzer.py WHAT TIMES`."""

import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from modelkeep.domains.governance.domain.gates.cel import CelGate
from modelkeep.domains.governance.domain.gates.facts import Snapshot, UnusableFactsError
from modelkeep.domains.governance.domain.gates.outcomes import GateStatus
from modelkeep.domains.governance.service.gates.cel_engine import CelEngine

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "version": {"number": 3, "tags": {"a": "b"}, "metrics": {"auc": 0.9}, "parents": []},
    "metrics": {"auc": 0.9, "loss": 0.0},
    "card": {"risk": {"rating": "low"}, "limitations": ["x", ""], "deep": [[[[[[1]]]]]]},
    "model": {"name": "fraud/scorer", "owners": []},
    "target_stage": "Production",
    "current": None,
}
ATOMS = (
    *("true", "false", "null", "0", "1", "-1", "1.5", "9223372036854775807", "1e308", "0.0", "''", "'a'", "b'a'", "[]"),
    *("{}", "metrics.auc", "metrics.nope", "metrics['auc']", "version.number", "version.tags", "card.risk.rating"),
    *("card.nope.x", "current", "current.metrics.auc", "now", "target_stage", "model.owners", "nobody", "x", "card"),
    *("duration('1h')", "timestamp('2026-01-01T00:00:00Z')", "has(card.risk)", "has(current.x)", "'\\ud83d'", "u'é'"),
)
BINARY = ("&&", "||", "==", "!=", "<", ">=", "+", "-", "*", "/", "%", "in")
CALLS = ("size", "int", "double", "string", "bool", "type", "dyn", "timestamp", "duration", "bytes", "uint", "fail")
METHODS = ("startsWith", "contains", "matches", "getFullYear", "size", "endsWith", "getSeconds", "nope")
MACROS = ("all", "exists", "exists_one", "map", "filter")
NOISE = "abcxyz01.,:?!&|<>=+-*/%()[]{}'\"\\ \n\t\x00\u00e9\U0001f600\ud800\u2028"
SLOWEST = 5.0


def expression(chance: random.Random, depth: int) -> str:
    """Return something that follows the grammar, mostly."""
    if depth == 0 or chance.random() < 0.15:
        return chance.choice(ATOMS)
    one, two = expression(chance, depth - 1), expression(chance, depth - 1)
    return chance.choice(
        (
            f"({one} {chance.choice(BINARY)} {two})",
            f"{one} {chance.choice(BINARY)} {two}",
            f"!{one}",
            f"-{one}",
            f"({one} ? {two} : {chance.choice(ATOMS)})",
            f"{chance.choice(CALLS)}({one})",
            f"{one}.{chance.choice(METHODS)}({two})",
            f"{one}[{two}]",
            f"[{one}, {two}].{chance.choice(MACROS)}(x, {one})",
            f"{{{one}: {two}}}",
        )
    )


def grammar(chance: random.Random, times: int) -> Iterator[str]:
    for _ in range(times):
        yield expression(chance, chance.randint(1, 7))


def noise(chance: random.Random, times: int) -> Iterator[str]:
    for _ in range(times):
        if chance.random() < 0.5:
            yield "".join(chance.choice(NOISE) for _ in range(chance.randint(0, 60)))
        else:
            text = expression(chance, 3)
            at = chance.randint(0, len(text))
            yield text[:at] + chance.choice(NOISE) + text[at + chance.randint(0, 3) :]


def bombs(_: random.Random, __: int) -> Iterator[str]:
    twenty = f"[{','.join(map(str, range(20)))}]"
    for depth in (31, 32, 33, 1_000, 100_000):
        yield "(" * depth + "true" + ")" * depth
        yield "[" * depth + "]" * depth + " == []"
        yield "!" * depth + "true"
        yield "-" * depth + "1 == 1"
        yield "version" + ".a" * depth + " == 1"
        yield "version" + "[0]" * depth + " == 1"
        yield "true ? " * depth + "true" + " : true" * depth
        yield "1 + " * depth + "1 > 0"
        yield "true || " * depth + "true"
        yield "[1].map(x, " * depth + "1" + ")" * depth + " == []"
        yield "{'a': " * depth + "1" + "}" * depth + " == {}"
    yield f"{twenty}.all(a, {twenty}.all(b, {twenty}.all(c, {twenty}.all(d, a + b + c + d >= 0))))"
    yield f"{twenty}.map(a, {twenty}.map(b, {twenty}.map(c, {twenty}.map(d, [a, b, c, d])))).size() == 0"
    yield "[card].map(x, [x, x])" + ".map(x, [x, x])" * 25 + ".size() > 0"
    yield "'" + "a" * 4_000 + "'.matches('(a|a)*b')"
    yield "'a'.matches('(a{1000}){1000}')"
    yield "[1, 2].map(x, 'a' + 'a')" + ".map(x, x + x)" * 25 + " == []"


def judged(engine: CelEngine, text: str, facts: dict[str, Any]) -> GateStatus:
    """Judge as an evaluation does; whatever is no value must not pass."""
    begun = time.thread_time()
    gate = CelGate(text, engine)
    seen = Snapshot.of(gate.look(facts))
    outcome = gate.judge(seen, NOW)
    verdict = engine.evaluate(text, seen, NOW)
    assert (outcome.status is GateStatus.PASSED) is (verdict.value is True), (text, outcome, verdict)
    assert not (engine.check(text) and verdict.value is not None), text
    assert gate.judge(Snapshot.read(seen.text), NOW) == outcome, text
    assert time.thread_time() - begun < SLOWEST, text[:200]
    return outcome.status


def odd_facts() -> Iterator[Any]:
    nested: Any = 1
    for depth in range(100_001):
        if depth in (63, 64, 65, 1_000, 100_000):
            yield nested
        nested = [nested] if depth % 2 else {"a": nested}
    cyclic: dict[str, Any] = {}
    cyclic["a"] = cyclic
    yield cyclic
    yield from (float("nan"), float("inf"), -float("inf"), 2**53, 2**70, -(2**63), "\ud800", {"\udfff": 1}, {1: 2})
    yield from (b"bytes", {1, 2}, object(), (1, 2), None, "", {}, [], True, "\x00", 1e308, -0.0)


def facts() -> int:
    """Judge the same expressions over facts of every sort, in the place of each fact."""
    engine, passed = CelEngine(), 0
    texts = ("card.a == 1", "card == card", "size(card) > 0", "version.number == 3", "metrics.auc >= 0.0")
    for odd in odd_facts():
        for name in ("card", "version", "metrics", "model", "current"):
            for text in (*texts, f"{name} == null", f"has({name}.a)", f"!(dyn({name}).a < 0.9)"):
                with suppress(UnusableFactsError):
                    passed += judged(engine, text, FACTS | {name: odd}) is GateStatus.PASSED
    for number in (float("nan"), float("inf")):
        try:
            judged(engine, "!(metrics.auc < 0.9)", {"metrics": {"auc": number}})
        except UnusableFactsError:
            continue
        raise AssertionError(number)
    return passed


def main(what: str, times: int) -> str:
    chance = random.Random(f"{what} 9")  # noqa: S311 - a test that can be repeated
    if what == "facts":
        return f"{facts()} passed"
    engine = CelEngine()
    if what == "threads":
        texts = list(grammar(chance, 300))
        with ThreadPoolExecutor(times) as pool:
            runs = list(pool.map(lambda _: [judged(engine, text, FACTS) for text in texts], range(times)))
        assert all(run == runs[0] for run in runs)
        return f"{len(texts)} expressions in {times} threads"
    texts_of = {"grammar": grammar, "noise": noise, "bombs": bombs}[what]
    found = [judged(engine, text, FACTS) for text in texts_of(chance, times)]
    shares = {status.value: found.count(status) for status in sorted(set(found))}
    assert what == "bombs" or GateStatus.ERROR in found
    return f"{len(found)} expressions, {shares}"


if __name__ == "__main__":
    said = main(sys.argv[1], int(sys.argv[2]))
    print(f"lived on: {said}")  # noqa: T201 - its parent reads it
