"""moto: an S3 server in Python; quick to start, and checks no signatures."""

import sys

from tests.servers.processes import Running, free_port


def start(server: Running) -> None:
    port = str(free_port())
    server.spawn([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port])
    server.settings.update(endpoint=f"http://127.0.0.1:{port}", access_key="testkey", secret_key="testsecret")
    server.wait_for(f"{server.settings['endpoint']}/moto-api/")
