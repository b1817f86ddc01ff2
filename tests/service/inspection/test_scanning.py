"""The files of a version are scanned where they can do no harm, by our rules and by a second opinion."""

import gzip
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import pytest
from tests.builders import SCORER, a_model, a_version
from tests.inspecting import Held, inspect_all, inspections_of
from tests.unit.inspection.containers import torch
from tests.unit.inspection.gadgets import after_much, by_line, by_stack

from modelkeep.app.bootstrap import Services
from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.domains.inspection import (
    AllowList,
    ContentScanner,
    Inspections,
    InspectionService,
    Picklescan,
    SourceFile,
    Verdict,
)
from modelkeep.domains.inspection.domain.verdicts import ContentScan, Tool
from modelkeep.domains.inspection.jobs import FOLLOW, INSPECT, RENEW
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference
from modelkeep.platform.jobs import Again, Done, Job, Work
from modelkeep.platform.jobs.values import Lease
from modelkeep.platform.sandbox import Allowance, Limits, Sandbox

FILES = Path(__file__).parents[2] / "model_files"
HONEST = pickle.dumps({"weights": [1.0, 2.0]})


@dataclass(frozen=True)
class Stalling(Held):
    """A file in a store that answers late."""

    def read(self, offset: int, length: int) -> bytes:
        sleep(0.3)
        return super().read(offset, length)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox.measure()


@pytest.fixture(scope="module")
def alone(sandbox: Sandbox) -> ContentScanner:
    return ContentScanner(lambda: sandbox, AllowList())


@pytest.fixture(scope="module")
def picklescan() -> Picklescan:
    found = Picklescan.installed()
    assert found is not None
    return found


def files(**named: bytes) -> Sequence[SourceFile]:
    return [SourceFile(name.replace("_", "."), Held(data)) for name, data in named.items()]


def test_a_version_with_a_harmful_file_is_malicious(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin, files={"model.pkl": by_stack("os", "system"), "README.md": b"Trust me."})
    inspect_all(services)
    found = services.inspections.get(admin, Reference.parse(f"{SCORER}:1.0.0"))
    assert found.verdict is Verdict.MALICIOUS
    assert found.findings[0].rule == "pickle.dangerous_name"
    assert {tool.name for tool in found.tools} == {"modelkeep", "picklescan"}
    assert found.tools[0].ruleset == AllowList().digest


def test_a_version_of_honest_files_passes(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin, files={"model.pkl": HONEST, "README.md": b"Honest.", "config.json": b"{}"})
    inspect_all(services)
    found = services.inspections.get(admin, Reference.parse(f"{SCORER}:1.0.0"))
    assert (found.verdict, found.findings) == (Verdict.PASS, ())


def test_real_models_pass_but_for_those_that_hold_code(alone: ContentScanner) -> None:
    real = [SourceFile(file.name, Held(file.read_bytes())) for file in sorted(FILES.iterdir()) if file.is_file()]
    verdicts = {file.path: alone.scan([file]) for file in real}
    assert {name: scan.findings[0] for name, scan in verdicts.items() if scan.verdict is not Verdict.PASS}.keys() == {
        "script.jit"
    }


def test_a_file_that_takes_too_much_spoils_no_other(alone: ContentScanner) -> None:
    bomb = gzip.compress(b"N0" * 40_000_000)
    scan = alone.scan(files(bomb_pkl=bomb, bad_pkl=by_line("os", "system"), good_pkl=HONEST))
    assert scan.verdict is Verdict.MALICIOUS
    assert {finding.path.partition("!")[0] for finding in scan.findings} == {"bomb.pkl", "bad.pkl"}


def test_what_is_left_when_the_time_is_over_is_inconclusive_and_said_once(alone: ContentScanner) -> None:
    scan = alone.scan([SourceFile(f"{number}.pkl", Held(HONEST)) for number in range(300)], Allowance.of(0))
    assert scan.verdict is Verdict.INCONCLUSIVE
    (finding,) = scan.findings
    assert (finding.rule, finding.path) == ("file.not_scanned", "0.pkl")
    assert "300 files were not scanned" in finding.message


def test_files_that_stall_take_no_longer_than_the_version_may(alone: ContentScanner) -> None:
    begun = monotonic()
    scan = alone.scan([SourceFile(f"{number}.pkl", Stalling(HONEST)) for number in range(300)], Allowance.of(1))
    assert monotonic() - begun < 10
    assert scan.verdict is Verdict.INCONCLUSIVE
    assert any("100 files were not scanned" in finding.message for finding in scan.findings)


def test_no_file_is_no_pass(alone: ContentScanner) -> None:
    assert alone.scan([]).verdict is Verdict.INCONCLUSIVE


def test_the_second_opinion_says_what_it_is(picklescan: Picklescan) -> None:
    assert picklescan.tool.version == version("picklescan")
    assert len(picklescan.tool.ruleset) == 64


@pytest.mark.parametrize(
    ("name", "data", "verdict"),
    [
        ("m.pkl", HONEST, Verdict.PASS),
        ("m.pt", torch(HONEST), Verdict.PASS),
        ("m.pkl", by_stack("os", "system"), Verdict.MALICIOUS),
        ("m.pt", torch(by_line("builtins", "eval")), Verdict.MALICIOUS),
        ("m.pkl", HONEST[:-4], Verdict.INCONCLUSIVE),
        ("m.pkl.gz", gzip.compress(HONEST), Verdict.INCONCLUSIVE),
        ("m.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), Verdict.INCONCLUSIVE),
        ("m.npy", b"\x93NUMPY" + bytes(50), Verdict.INCONCLUSIVE),
    ],
    ids=["honest", "honest PyTorch", "hostile", "hostile PyTorch", "cut off", "gzip", "7z", "NumPy"],  # gzip has a time
)
def test_the_second_opinion_judges_or_is_inconclusive(
    sandbox: Sandbox, picklescan: Picklescan, name: str, data: bytes, verdict: Verdict
) -> None:
    assert picklescan.scan(sandbox, SourceFile(name, Held(data))).verdict is verdict


def test_the_second_opinion_can_only_make_it_worse(sandbox: Sandbox, picklescan: Picklescan) -> None:
    trusting = ContentScanner(lambda: sandbox, AllowList(frozenset({"shutil.copyfile"})), (picklescan,))
    assert trusting.scan(files(m_pkl=by_stack("shutil", "copyfile"))).verdict is Verdict.MALICIOUS


def test_a_sandbox_that_fails_is_inconclusive(alone: ContentScanner, sandbox: Sandbox) -> None:
    held = replace(sandbox.isolation, mechanisms=frozenset())
    broken = Sandbox(held)
    scan = ContentScanner(lambda: broken, AllowList()).scan(files(m_pkl=after_much("os", "system")))
    assert scan.verdict is Verdict.MALICIOUS
    outcome = sandbox.run("modelkeep.domains.inspection.domain.scanning.guest", (), {}, limits=Limits(wall_seconds=5))
    assert "KeyError" in str(outcome)
    assert alone.tools[0].name == "modelkeep"


def test_content_is_scanned_again_when_the_rules_have_changed(
    services: Services, admin: Actor, sandbox: Sandbox
) -> None:
    a_model(services, admin)
    a_version(services, admin, files={"model.pkl": by_stack("my_company", "Model")})
    inspect_all(services)
    reference = Reference.parse(f"{SCORER}:1.0.0")
    assert services.inspections.get(admin, reference).verdict is Verdict.SUSPICIOUS
    allowed = ContentScanner(lambda: sandbox, AllowList.parse(["my_company.Model"]))
    newer = replace(services.inspections, scanner=allowed)
    assert renewed(services, newer) == 1
    found = services.inspections.get(admin, reference)
    assert (found.verdict, found.number) == (Verdict.PASS, 2)
    assert renewed(services, newer) == 0


def renewed(services: Services, service: InspectionService) -> int:
    """Run the job that renews, and return how many inspections it has made."""
    jobs = replace(inspections_of(services), service=service)
    before = len(rescanned(services))
    jobs.jobs.ensure(RENEW, RENEW)
    with services.access.database.transaction() as tx:
        jobs.jobs.revive(tx, RENEW)
    jobs.jobs.hasten([RENEW])
    job = claimed(jobs, RENEW)
    outcome = jobs.renew(Work(job, Lease(float("inf"))))
    assert isinstance(outcome, Again)
    assert jobs.jobs.save(job, outcome)
    return len(rescanned(services)) - before


def claimed(jobs: Inspections, kind: str) -> Job:
    (job,) = jobs.jobs.claim([kind], owner="test", ttl=timedelta(minutes=1), limit=1)
    return job


@dataclass(frozen=True)
class Defective:
    """A scanner that fails at what no scanner should."""

    sound: ContentScanner
    path: str

    @property
    def tools(self) -> tuple[Tool, ...]:
        return self.sound.tools

    def scan(self, files: Sequence[SourceFile], allowance: Allowance | None = None) -> ContentScan:
        if any(file.path == self.path for file in files):
            raise AssertionError("a defect")
        return self.sound.scan(files, allowance)


def test_content_that_no_renewal_survives_is_left_after_some_tries_and_others_follow(
    services: Services, admin: Actor, sandbox: Sandbox
) -> None:
    a_model(services, admin)
    a_version(services, admin, files={"bad.pkl": HONEST})
    a_version(services, admin, files={"good.pkl": by_stack("my_company", "Model")}, version="2.0.0")
    inspect_all(services)
    allowed = ContentScanner(lambda: sandbox, AllowList.parse(["my_company.Model"]))
    jobs = replace(
        inspections_of(services), service=replace(services.inspections, scanner=Defective(allowed, "bad.pkl"))
    )
    jobs.jobs.ensure(RENEW, RENEW)
    job = claimed(jobs, RENEW)
    with pytest.raises(AssertionError, match="a defect"):
        jobs.renew(Work(job, Lease(float("inf"))))
    outcome = jobs.renew(Work(replace(job, attempts=5), Lease(float("inf"))))
    assert isinstance(outcome, Again)
    assert jobs.jobs.save(job, outcome)
    assert isinstance(jobs.renew(Work(claimed(jobs, RENEW), Lease(float("inf")))), Again)
    found = {v: services.inspections.get(admin, Reference.parse(f"{SCORER}:{v}")).number for v in ("1.0.0", "2.0.0")}
    assert found == {"1.0.0": 1, "2.0.0": 2}


def test_a_server_that_stops_leaves_its_inspections_for_later(services: Services, admin: Actor) -> None:
    a_model(services, admin)
    a_version(services, admin, files={"model.pkl": HONEST})
    jobs = inspections_of(services)
    jobs.jobs.ensure(FOLLOW, FOLLOW)
    jobs.follow(Work(claimed(jobs, FOLLOW), Lease(float("inf"))))
    job = claimed(jobs, INSPECT)
    stop = Event()
    stop.set()
    assert jobs.inspect(Work(job, Lease(float("inf")), stop)) == Again(timedelta())
    assert jobs.inspect(Work(job, Lease(float("inf")))) == Done()
    assert services.inspections.get(admin, Reference.parse(f"{SCORER}:1.0.0")).verdict is Verdict.PASS


def rescanned(services: Services) -> Sequence[object]:
    return services.audit_reader.read_of("inspection.version_rescanned", BEFORE_ALL, 100)
