"""S4: files that would do harm, built here from opcodes and never loaded: none of them passes."""

import io
import itertools
import random

import pytest
from tests.soak import rounds
from tests.unit.inspection.containers import CONTAINERS
from tests.unit.inspection.gadgets import GADGETS, WRITTEN, by_line, by_stack

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.scanning import ScanReport, scan
from modelkeep.domains.inspection.domain.verdicts import FormatPolicy, Verdict

ONE = ("os", "system")


def scanned(name: str, data: bytes) -> ScanReport:
    return scan(io.BytesIO(data), name, AllowList())


def verdicts_of(data: bytes) -> Verdict:
    return scanned("model.pkl", data).verdict


def test_the_corpus_is_large() -> None:
    assert len(GADGETS) + len(WRITTEN) + len(CONTAINERS) >= 60 + 22


@pytest.mark.parametrize("gadget", GADGETS, ids=".".join)
def test_every_gadget_is_found_whatever_way_it_is_written(gadget: tuple[str, str]) -> None:
    passed = [
        way for way, write in WRITTEN.items() if verdicts_of(write(*gadget)) in {Verdict.PASS, Verdict.INCONCLUSIVE}
    ]
    assert not passed


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("way", WRITTEN)
def test_every_container_is_opened(container: str, way: str) -> None:
    name, data = CONTAINERS[container](WRITTEN[way](*ONE))
    report = scanned(name, data)
    assert report.verdict is Verdict.MALICIOUS
    assert report.policy is not FormatPolicy.DATA_ONLY


def test_names_that_nobody_has_thought_of_are_found_too() -> None:
    """300 generated names in 4 containers when there is time."""
    chance = random.Random(4)  # noqa: S311 # the same names each time
    letters = "abcdefghijklmnopqrstuvwxyz_"
    for _ in range(rounds(30, 300)):
        module, name = ("".join(chance.choices(letters, k=chance.randint(3, 12))) for _ in range(2))
        for container, write in itertools.product(("bare", "gzip", "PyTorch", "npy"), (by_line, by_stack)):
            file, data = CONTAINERS[container](write(module, name))
            assert scanned(file, data).verdict is Verdict.SUSPICIOUS
