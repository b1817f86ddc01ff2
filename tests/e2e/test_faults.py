"""What happens to a registry: full disks, lost databases and stores, clients that vanish or dawdle, orders to stop."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.e2e.raw_http import connected, request
from tests.e2e.registry_server import PART, RegistryServer
from tests.servers import postgres
from tests.servers.fixtures import STRICT
from tests.servers.gate import Gate
from tests.servers.processes import running
from tests.servers.s3 import S3Server

from modelkeep.client import ApiError, CorruptFileError, Registry, RegistryError, UnavailableError
from modelkeep.client.cache import Cache
from modelkeep.client.retries import Retries
from modelkeep.client.settings import Settings
from modelkeep.kernel.digests import Digest

MEBIBYTE = 1024 * 1024
ONCE = Retries(tries=1)
API = "/api/v1"
MOUNT, UNMOUNT = "/bin/mount", "/bin/umount"


@contextmanager
def a_client(server: RegistryServer, cache: Path) -> Iterator[Registry]:
    """The SDK that tells a fault at once, where it would otherwise try again."""
    with server.connect(cache) as patient:
        settings = patient.settings
    with Registry(settings, cache=Cache(cache), retries=ONCE) as registry:
        yield registry


def a_folder(folder: Path, size: int) -> Path:
    folder.mkdir()
    (folder / "weights.bin").write_bytes(os.urandom(size))
    (folder / "config.json").write_bytes(os.urandom(100))
    return folder


def same(one: Path, other: Path) -> bool:
    return all((other / file.name).read_bytes() == file.read_bytes() for file in one.iterdir())


def upload_of(server: RegistryServer, token: str, data: bytes, model: str) -> str:
    """Open an upload of one file, and return the path of its blob."""
    digest = str(Digest.of(data))
    entry = {"path": "a", "size": len(data), "digest": digest, "media_type": "application/octet-stream", "mode": 0o644}
    with httpx.Client(base_url=server.url + API, headers={"Authorization": f"Bearer {token}"}) as http:
        http.post("/models", json={"name": model})
        upload = http.post(f"/models/default/{model}/uploads", json={"files": [entry]}).json()
    return f"{API}/uploads/{upload['id']}/blobs/{digest}"


def problem_of(server: RegistryServer, path: str, token: str) -> tuple[int, str]:
    answer = httpx.get(server.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    return answer.status_code, str(answer.json().get("code", answer.json().get("status")))


@contextmanager
def a_small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a file system in memory, of `size` bytes."""
    folder.mkdir()
    mounted = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        reason = f"a small disk cannot be mounted here: {mounted.stderr.decode()}"
        pytest.fail(reason) if os.environ.get(STRICT) == "1" and os.geteuid() == 0 else pytest.skip(reason)
    try:
        yield folder
    finally:
        subprocess.run([UNMOUNT, "-l", str(folder)], check=True)


def test_a_full_disk_is_told_loses_nothing_and_is_got_over(tmp_path: Path) -> None:
    small, large = a_folder(tmp_path / "small", 3 * PART), a_folder(tmp_path / "large", 12 * PART)
    with ExitStack() as stack:
        disk = stack.enter_context(a_small_disk(tmp_path / "disk", 36 * MEBIBYTE))
        server = RegistryServer(tmp_path, {"MODELKEEP_DATA_DIR": str(disk / "data")})
        server.start()
        stack.callback(server.stop)
        registry = stack.enter_context(a_client(server, tmp_path / "cache"))
        kept = registry.push(small, "kept")
        filler = disk / "filler"
        filler.write_bytes(b"x" * 8 * MEBIBYTE)

        with pytest.raises(UnavailableError) as refused:
            registry.push(large, "refused")
        assert (refused.value.status, refused.value.code) == (503, "objectstore.full")
        assert "Free some space" in refused.value.message
        assert same(small, registry.pull("kept", tmp_path / "pulled-while-full"))

        fill(disk)
        with pytest.raises(UnavailableError) as refused:
            tag_without_end(registry)
        assert (refused.value.status, refused.value.code) == (503, "database.unavailable")
        assert registry.resolve("kept").id == kept.id

        for file in disk.glob("filler*"):
            file.unlink()
        registry.push(large, "refused")
        assert same(large, registry.pull("refused", tmp_path / "pulled-large"))
        assert registry.set_tag("kept:1", "team", "risk").tags["team"] == "risk"
        assert "a defect in" not in server.log.read_text()


def tag_without_end(registry: Registry) -> None:
    for number in range(200):
        registry.set_tag("kept:1", f"tag-{number}", "x" * 8000)


def fill(disk: Path) -> None:
    """Leave no block free."""
    with (disk / "filler-of-the-rest").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


def test_a_lost_database_is_told_and_got_over_without_a_restart(tmp_path: Path) -> None:
    source = a_folder(tmp_path / "model", 3 * PART)
    with running(postgres.start) as database, ExitStack() as stack:
        url = postgres.PostgresServer(**database.settings).url("postgres")
        server = RegistryServer(tmp_path, {"MODELKEEP_DATABASE_URL": url})
        server.start()
        stack.callback(server.stop)
        registry = stack.enter_context(a_client(server, tmp_path / "cache"))
        token = registry.settings.token or ""
        registry.push(source, "kept")

        postgres.kill(database)
        for path in (f"{API}/models", f"{API}/resolve?reference=kept", f"{API}/whoami?after=the+cache"):
            deadline = time.monotonic() + 20
            while (found := problem_of(server, path, token)) != (503, "database.unavailable"):
                assert time.monotonic() < deadline, found
                time.sleep(0.5)  # a credential is remembered for some seconds
        assert problem_of(server, "/readyz", token) == (503, "unavailable")
        assert problem_of(server, "/healthz", token)[0] == 200
        with pytest.raises(UnavailableError) as refused:
            registry.push(source, "refused")
        assert "nothing was changed" in refused.value.message

        postgres.run(database)
        assert problem_of(server, "/readyz", token) == (200, "ok")
        assert registry.push(source, "kept").number == 1
        assert "a defect in" not in server.log.read_text()
        assert same(source, registry.pull("kept", tmp_path / "pulled"))


def test_a_lost_object_store_is_told_and_got_over_without_a_restart(tmp_path: Path, moto_server: S3Server) -> None:
    source, other = a_folder(tmp_path / "model", 3 * PART), a_folder(tmp_path / "other", 3 * PART)
    bucket = moto_server.new_bucket()
    with Gate(moto_server.endpoint) as gate, ExitStack() as stack:
        store_url = bucket.replace(moto_server.endpoint, gate.url)
        server = RegistryServer(tmp_path, {"MODELKEEP_STORE_URL": store_url, **moto_server.environment})
        server.start()
        stack.callback(server.stop)
        registry = stack.enter_context(a_client(server, tmp_path / "cache"))
        token = registry.settings.token or ""
        registry.push(source, "kept")

        gate.close()
        assert problem_of(server, "/readyz", token) == (503, "unavailable")
        assert problem_of(server, f"{API}/resolve?reference=kept", token)[0] == 200
        started = time.monotonic()
        with pytest.raises(RegistryError) as refused:
            registry.push(other, "refused")
        assert time.monotonic() - started < 60
        assert refused.value.kind == "unavailable"
        status, code = problem_of(
            server, f"{API}/models/default/kept/versions/1/files/config.json?redirect=false", token
        )
        assert (status, code) == (503, "objectstore.unavailable")

        gate.open()
        assert problem_of(server, "/readyz", token) == (200, "ok")
        assert registry.push(other, "refused").number == 1
        assert "a defect in" not in server.log.read_text()
        for model, folder in (("kept", source), ("refused", other)):
            assert same(folder, registry.pull(model, tmp_path / f"pulled-{model}"))


@pytest.mark.parametrize("name", ["config.json", "weights.bin"])
def test_a_file_that_is_cut_short_in_the_store_is_refused_with_its_name(
    own_server: RegistryServer, tmp_path: Path, name: str
) -> None:
    source = a_folder(tmp_path / "model", 3 * PART)
    with own_server.connect(tmp_path / "cache") as registry:  # which asks again for what was broken off
        registry.push(source, "short")
        digest = Digest.of((source / name).read_bytes())
        os.truncate(
            own_server.objects / "blobs" / "sha256" / digest.hex[:2] / digest.hex, PART if name == "weights.bin" else 50
        )
        with pytest.raises(CorruptFileError, match=name):
            registry.pull("short", tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()


def test_a_client_that_vanishes_in_a_body_leaves_nothing_that_counts(
    own_server: RegistryServer, tmp_path: Path
) -> None:
    data = os.urandom(PART)
    with own_server.connect(tmp_path / "cache") as registry:
        token = registry.settings.token or ""
        blob = upload_of(own_server, token, data, "vanished")
        for sent in (0, 1, PART // 2, PART - 1):
            with connected(own_server.url) as connection:
                connection.send(
                    request("PUT", f"{blob}/parts/1", token, [f"Content-Length: {PART}"]),
                    data[:sent],
                )
        headers = {"Authorization": f"Bearer {token}"}
        parts = httpx.get(f"{own_server.url}{blob}/parts", headers=headers).json()["parts"]
        assert [part["received"] for part in parts] == [False]
        assert httpx.post(f"{own_server.url}{blob}/complete", headers=headers).json()["kind"] == "blocked"
        whole = httpx.put(f"{own_server.url}{blob}/parts/1", headers=headers, content=data)
        assert whole.status_code == 204
        assert httpx.post(f"{own_server.url}{blob}/complete", headers=headers).json()["status"] == "stored"
    assert " 500 " not in own_server.log.read_text()
    assert "Traceback" not in own_server.log.read_text()


def test_senders_that_dawdle_hold_up_nobody(own_server: RegistryServer, tmp_path: Path) -> None:
    data = os.urandom(PART)
    with own_server.connect(tmp_path / "cache") as registry, ExitStack() as stack:
        token = registry.settings.token or ""
        blob = upload_of(own_server, token, data, "slow")
        slow = [stack.enter_context(connected(own_server.url)) for _ in range(40)]
        for connection in slow:
            connection.send(request("PUT", f"{blob}/parts/1", token, [f"Content-Length: {PART}"]), data[:10])
        unfinished = stack.enter_context(connected(own_server.url))
        unfinished.send(b"GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\nX-Never: end")

        headers = {"Authorization": f"Bearer {token}"}
        times = []
        for _ in range(20):
            started = time.monotonic()
            assert httpx.get(f"{own_server.url}{API}/models", headers=headers).status_code == 200
            times.append(time.monotonic() - started)
        assert sorted(times)[10] < 1
        source = a_folder(tmp_path / "model", 3 * PART)
        registry.push(source, "quick")
        assert same(source, registry.pull("quick", tmp_path / "pulled"))


def test_a_server_that_is_told_to_stop_finishes_what_it_is_receiving(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path)
    server.start()
    data = os.urandom(PART)
    with server.connect(tmp_path / "cache") as registry:
        token = registry.settings.token or ""
        blob = upload_of(server, token, data, "finished")
    process = server._process
    assert process is not None
    with connected(server.url) as connection:
        connection.send(request("PUT", f"{blob}/parts/1", token, [f"Content-Length: {PART}"]), data[: PART // 2])
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        assert process.poll() is None, "it did not wait"
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/healthz")
        connection.send(data[PART // 2 :])
        assert connection.answer()[0] == 204
    assert process.wait(20) in (0, -signal.SIGTERM)
    server.start()
    try:
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.post(f"{server.url}{blob}/complete", headers=headers).json()["status"] == "stored"
    finally:
        server.stop()


def test_a_server_that_is_told_to_stop_gives_up_what_never_ends(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path, {"MODELKEEP_SHUTDOWN_SECONDS": "1"})
    server.start()
    data = os.urandom(PART)
    with server.connect(tmp_path / "cache") as registry:
        token = registry.settings.token or ""
        blob = upload_of(server, token, data, "endless")
    with connected(server.url) as connection:
        connection.send(request("PUT", f"{blob}/parts/1", token, [f"Content-Length: {PART}"]), data[: PART // 2])
        time.sleep(0.3)
        server.stop()


def test_a_hundred_logins_at_once_are_all_answered(own_server: RegistryServer, tmp_path: Path) -> None:
    with own_server.connect(tmp_path / "cache") as registry:
        token = registry.settings.token
    start = threading.Barrier(100)

    def log_in(number: int) -> str:
        start.wait()
        secret = token if number % 2 else "mkp_" + "0" * 36
        with Registry(Settings(own_server.url, secret), retries=ONCE) as registry:
            try:
                return registry.whoami().name
            except ApiError as error:
                return error.kind.value

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(log_in, range(100)))
    assert answers == ["unauthenticated", "admin"] * 50
