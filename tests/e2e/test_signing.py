"""Versions are signed and verified by the commands that users have, with certificates and without a registry."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.authorities import a_key, a_signer, an_authority, pem_of
from tests.e2e.registry_server import RegistryServer
from tests.e2e.terminal import CommandLine
from tests.servers.model_signing import model_signing, official

from modelkeep.kernel.clock import system_clock

__all__ = ["official"]
RECENT = system_clock() - timedelta(days=1)
PASSWORD = {"MODELKEEP_KEY_PASSWORD": "open sesame"}


@pytest.fixture
def user(own_server: RegistryServer, tmp_path: Path) -> CommandLine:
    (tmp_path / "work" / "model" / "weights").mkdir(parents=True)
    (tmp_path / "work" / "model" / "weights" / "model.bin").write_bytes(b"weights")
    (tmp_path / "work" / "model" / "config.json").write_bytes(b"{}")
    line = CommandLine(own_server, tmp_path / "work")
    assert line.run("push", "./model", "fraud/scorer", "--version", "1.0.0", "--no-git").code == 0
    return line


def test_a_version_is_signed_with_a_certificate_and_revoked_trust_is_told(user: CommandLine) -> None:
    root, folder = an_authority(begins=RECENT), user.folder
    between = an_authority("between", root, begins=RECENT)
    signer = a_signer(between, begins=RECENT)
    (folder / "ca.pem").write_bytes(root.pem)
    (folder / "chain.pem").write_bytes(signer.pem + between.pem)
    (folder / "key.pem").write_bytes(pem_of(signer.key, b"open sesame"))
    signing = ("sign", "fraud/scorer:1", "--key", "key.pem", "--certificate", "chain.pem", "--to", "model.sig")

    assert user.run("verify", "fraud/scorer:1").code == 11
    assert "password" in user.run(*signing).err
    protected = user.run(*signing, variables=PASSWORD)
    assert (protected.code, "nobody trusts an authority of its certificate here" in protected.err) == (2, True)
    trust = ("signing-key", "trust", "company", "ca.pem", "--identity", "email:*@example.org", "--output", "json")
    key = user.run(*trust).json
    assert user.run(*signing, variables=PASSWORD).code == 0
    assert "ci@example.org, by the authority 'company' of the registry" in user.run("verify", "fraud/scorer:1").out
    believed = ("--authority", "ca.pem", "--identity", "email:ci@example.org")
    for target in (("fraud/scorer:1",), ("./model", "--bundle", "model.sig")):
        assert "holds" in user.run("verify", *target, *believed).out
        other = user.run("verify", *target, "--authority", "ca.pem", "--identity", "email:*@example.com")
        assert (other.code, "its certificate is that of email:ci@example.org" in other.out) == (11, True)

    assert user.run("signing-key", "revoke", key["id"], "--reason", "left").code == 0
    revoked = user.run("verify", "fraud/scorer:1", "--output", "json")
    assert revoked.code == 11
    assert "the trust in it was taken back" in revoked.json["items"][0]["said"]
    assert "holds" in user.run("verify", "fraud/scorer:1", *believed).out
    assert user.run("signing-key", "list").out.split() == [
        "ID",
        "NAME",
        "KIND",
        "ABOUT",
        "FINGERPRINT",
        "SINCE",
        "VALID",
        "UNTIL",
    ]


@pytest.mark.usefixtures(official.__name__)
def test_the_official_program_signs_a_version_and_verifies_one_that_was_pulled(user: CommandLine) -> None:
    folder = user.folder
    made = user.run("signing-key", "generate", "release", "--output", "json").json
    assert (folder / made["private"]).stat().st_mode & 0o777 == 0o600
    assert user.run("signing-key", "generate", "release").code == 2
    assert user.run("signing-key", "trust", "release", made["public"], "--namespace", "fraud").code == 0
    private, public = folder / made["private"], folder / made["public"]

    model_signing("sign", "key", "--private_key", private, "--signature", folder / "theirs.sig", folder / "model")
    assert user.run("sign", "fraud/scorer:1", "--bundle", "theirs.sig").code == 0
    assert user.run("sign", "fraud/scorer:1", "--key", str(private), "--to", "ours.sig").code == 0
    assert user.run("verify", "fraud/scorer:1", "--key", str(public)).out.count("holds") == 2

    assert user.run("pull", "fraud/scorer:1", "pulled").code == 0
    check = ("verify", "key", "--public_key", public, "--signature", folder / "ours.sig")
    model_signing(*check, folder / "pulled")
    assert user.run("verify", "./pulled", "--bundle", "ours.sig", "--key", str(public)).code == 0
    (folder / "model" / "config.json").write_bytes(b"[]")
    model_signing(*check, folder / "model", fails="Hash mismatch for 'config.json'")
    changed = user.run("verify", "./model", "--bundle", "ours.sig", "--key", str(public), "--output", "json")
    assert (changed.code, "other content was signed of 'config.json'" in json.dumps(changed.json)) == (11, True)
    (folder / "other.pem").write_bytes(pem_of(a_key()))
    untrusted = user.run("sign", "fraud/scorer:1", "--key", "other.pem", "--output", "json")
    assert untrusted.code == 2
    assert json.loads(untrusted.err)["code"] == "governance.signature_untrusted"
