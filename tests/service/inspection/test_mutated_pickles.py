"""S5: pickles and their containers, changed at random, are scanned within 512 MB and 5 seconds, and crash nothing."""

import random

from tests.inspecting import Held
from tests.soak import rounds
from tests.unit.inspection.containers import CONTAINERS
from tests.unit.inspection.gadgets import joblib_array, text
from tests.unit.inspection.test_benign_files import BENIGN

from modelkeep.domains.inspection import Verdict
from modelkeep.platform.sandbox import Completed, Limits, Sandbox

GUEST = "modelkeep.domains.inspection.domain.scanning.guest"
LIMITS = Limits(memory_bytes=512 * 2**20, cpu_seconds=5, wall_seconds=60)
TOGETHER = 50
GADGET = b"cos\nsystem\n" + text("true") + b"\x85R0"


def mutated(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[place : place + chance.randint(1, 16)]
            case 2:
                changed[place:place] = changed[place : place + chance.randint(1, 64)]
            case 3:
                changed[place : place + 4] = chance.choice([b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", bytes(4)])
            case _:
                del changed[place:]
    return bytes(changed)


def test_changed_pickles_end_in_a_verdict_within_bounds() -> None:
    sandbox, chance = Sandbox.measure(), random.Random(5)  # noqa: S311 # the same files each time
    honest = [(name, data) for name, data, *_ in BENIGN.values() if 0 < len(data) < 100_000]
    honest += [CONTAINERS[container](joblib_array(bytes(50) + b".", 50)) for container in CONTAINERS]
    for _ in range(rounds(4, 60)):
        samples = [(name, mutated(chance, data)) for name, data in chance.choices(honest, k=TOGETHER)]
        paths = [name for name, _ in samples]
        outcome = sandbox.run(
            GUEST, [Held(data) for _, data in samples], {"paths": paths, "allowed": []}, limits=LIMITS
        )
        assert isinstance(outcome, Completed), outcome
        assert isinstance(outcome.value, list)
        assert len(outcome.value) == TOGETHER
        assert "could not be scanned" not in str(outcome.value)


def test_a_gadget_in_front_is_found_whatever_is_changed_behind_it() -> None:
    sandbox, chance = Sandbox.measure(), random.Random(6)  # noqa: S311 # the same files each time
    bodies = [joblib_array(bytes(50) + b".", 50)[2:], b"N.", text("x" * 100) + b"."]
    for _ in range(rounds(2, 20)):
        samples = [b"\x80\x04" + GADGET + mutated(chance, chance.choice(bodies)) for _ in range(TOGETHER)]
        paths = ["model.pkl"] * TOGETHER
        outcome = sandbox.run(GUEST, [Held(data) for data in samples], {"paths": paths, "allowed": []}, limits=LIMITS)
        assert isinstance(outcome, Completed), outcome
        assert isinstance(outcome.value, list)
        assert {one["verdict"] for one in outcome.value if isinstance(one, dict)} == {Verdict.MALICIOUS.value}
