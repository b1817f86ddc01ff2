"""Ceph's RADOS Gateway on one node with its data in memory: a real S3 server that does check signatures."""

import os
import shutil
import subprocess
import uuid
from pathlib import Path

from tests.servers.processes import Running, ServerAbsentError, free_port

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
ACCESS_KEY, SECRET_KEY = "testkey", "testsecret"
OSD_BYTES = 8 * 1024**3

# cephx is needed: without it the gateway fails with -13. memstore takes 1 GB unless told otherwise, and the ratios keep
# the monitor from calling it full early.
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{messenger2},v1:127.0.0.1:{messenger1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
ms bind ipv6 = false
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
run dir = {folder}
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
log file = {folder}/$name.log
keyring = {folder}/keyring

[mon]
mon data = {folder}/mon
mon data avail warn = 2
mon data avail crit = 1

[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = {osd_bytes}
mon osd full ratio = .99
mon osd nearfull ratio = .98
mon osd backfillfull ratio = .985

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw thread pool size = 32
rgw gc obj min wait = 5
rgw gc processor period = 10
rgw gc processor max time = 10
"""


def start(server: Running) -> None:
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        raise ServerAbsentError(
            f"Ceph is not installed ({', '.join(absent)}): apt-get install --no-install-recommends "
            "radosgw ceph-mon ceph-osd ceph-common"
        )
    node = _Node(server)
    node.start_monitor()
    node.start_osd()
    node.start_gateway()


class _Node:
    def __init__(self, server: Running) -> None:
        self.server = server
        self.folder = Path(server.folder)
        self.port = free_port()
        self.fsid = str(uuid.uuid4())
        self.monitor = (free_port(), free_port())
        self.environment = {"CEPH_CONF": str(self.folder / "ceph.conf")}
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        messenger2, messenger1 = self.monitor
        (self.folder / "ceph.conf").write_text(
            CONFIGURATION.format(
                fsid=self.fsid,
                folder=self.folder,
                port=self.port,
                messenger1=messenger1,
                messenger2=messenger2,
                osd_bytes=OSD_BYTES,
            )
        )

    def start_monitor(self) -> None:
        keyring, monmap = str(self.folder / "keyring"), str(self.folder / "monmap")
        everything = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        self.run("ceph-authtool", "--create-keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *", keyring)
        for name in ("client.admin", "client.rgw"):
            self.run("ceph-authtool", "--gen-key", "-n", name, *everything, keyring)
        profile = ["--cap", "mon", "allow profile osd", "--cap", "osd", "allow *", "--cap", "mgr", "allow profile osd"]
        self.run("ceph-authtool", "--gen-key", "-n", "osd.0", *profile, keyring)
        addresses = "[v2:127.0.0.1:{},v1:127.0.0.1:{}]".format(*self.monitor)
        self.run("monmaptool", "--create", "--clobber", "--fsid", self.fsid, "--addv", "a", addresses, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self.server.spawn(["ceph-mon", "-f", "-i", "a"], self.environment)

    def start_osd(self) -> None:
        osd = str(uuid.uuid4())
        self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.server.spawn(["ceph-osd", "-f", "-i", "0"], self.environment)

    def start_gateway(self) -> None:
        keys = ["--access-key", ACCESS_KEY, "--secret", SECRET_KEY]
        self.run("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=test", "--display-name=test", *keys)
        self.server.spawn(["radosgw", "-f", "-n", "client.rgw"], self.environment)
        endpoint = f"http://127.0.0.1:{self.port}"
        self.server.settings.update(endpoint=endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        self.server.wait_for(endpoint)

    def run(self, *command: str) -> None:
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
