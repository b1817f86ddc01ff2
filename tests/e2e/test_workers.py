"""Several worker processes behind one port: one registry to whoever calls it."""

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # ships no types
import pytest
from tests.e2e.registry_server import PART, RegistryServer

WORKERS = 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    running = RegistryServer(tmp_path_factory.mktemp("registry"), {"MODELKEEP_WORKERS": str(WORKERS)})
    running.start()
    yield running
    running.stop()


def workers_of(server: RegistryServer) -> list[psutil.Process]:
    assert server._process is not None
    children = psutil.Process(server._process.pid).children()
    living = (child for child in children if child.status() != psutil.STATUS_ZOMBIE)
    return [child for child in living if "resource_tracker" not in " ".join(child.cmdline())]


def test_workers_share_one_registry(server: RegistryServer, tmp_path: Path) -> None:
    assert len(workers_of(server)) == WORKERS
    source = tmp_path / "model"
    source.mkdir()
    for number in range(30):
        (source / f"{number}.bin").write_bytes(os.urandom(1000))
    (source / "large.bin").write_bytes(os.urandom(4 * PART))
    with server.connect(tmp_path / "cache") as registry:
        registry.push(source, "shared")

        def push_again(number: int) -> str:
            (tmp_path / f"{number}.txt").write_text(str(number))
            return registry.push(tmp_path / f"{number}.txt", f"model-{number % 4}").reference

        with ThreadPoolExecutor(8) as pool:
            references = list(pool.map(push_again, range(24)))
        assert len(set(references)) == 24
        pulled = registry.pull("shared", tmp_path / "pulled")
        assert all((pulled / file.name).read_bytes() == file.read_bytes() for file in source.iterdir())
        entries = {registry.resolve(reference).number for reference in references}
        assert entries == set(range(1, 7))


def test_the_metrics_are_those_of_all_workers(server: RegistryServer) -> None:
    for _ in range(40):
        httpx.get(f"{server.url}/api/v1/whoami")
    text = httpx.get(f"{server.url}/metrics").text
    found = re.search(r'modelkeep_http_requests_total\{method="GET",route="/api/v1/whoami",status="401"\} (\d+)', text)
    assert found is not None, text
    assert int(found[1]) == 40


def test_a_worker_that_dies_is_replaced(server: RegistryServer) -> None:
    victim = workers_of(server)[0]
    victim.kill()
    deadline = time.monotonic() + 30
    while len([worker for worker in workers_of(server) if worker.pid != victim.pid]) < WORKERS:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    while True:
        try:
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            assert time.monotonic() < deadline


def test_all_of_them_end_when_told_to(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path, {"MODELKEEP_WORKERS": str(WORKERS)})
    server.start()
    workers, process = workers_of(server), server._process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
