"""Bundles and the program of OpenSSF's model-signing: it verifies ours, and we verify its."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve
from tests.authorities import CURVES, ISSUED, a_key, a_signer, an_authority, pem_of, public_pem_of
from tests.servers.model_signing import model_signing, official

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.model_signing import Bundle, SignedFilesDifferError, check_signed_files, sign_files
from modelkeep.signing import Authority, PrivateKey, PublicKey, sign, sign_with_certificate, verify

pytestmark = pytest.mark.usefixtures(official.__name__)
CONTENT = {
    "config.json": b"{}",
    "weights/model.bin": b"weights",
    "weights.index": b"index",
    "größe \U0001f600.txt": b"a name beyond ASCII",
}
__all__ = ["official"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name, data in CONTENT.items():
        path = tmp_path / "scorer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "scorer"


def files(content: Mapping[str, bytes] = CONTENT) -> dict[str, Digest]:
    return {name: Digest.of(data) for name, data in content.items()}


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("curve", CURVES)
def test_the_official_program_and_we_verify_each_other_with_a_key(
    curve: type[EllipticCurve], model: Path, tmp_path: Path
) -> None:
    key = a_key(curve)
    private, public = written(tmp_path / "key.pem", pem_of(key)), written(tmp_path / "key.pub", public_pem_of(key))

    signature = tmp_path / "theirs.sig"
    model_signing("sign", "key", "--private_key", private, "--signature", signature, model)
    check_signed_files(verify(Bundle.parse(signature.read_bytes()), PublicKey.from_pem(public.read_bytes())), files())

    bundle = sign(sign_files("scorer", files()), PrivateKey.from_pem(private.read_bytes()))
    ours = written(tmp_path / "ours.sig", bundle.document)
    check = ("verify", "key", "--public_key", public, "--signature", ours, model)
    assert "succeeded" in model_signing(*check)
    written(model / "config.json", b"{ }")
    model_signing(*check, fails="Hash mismatch for 'config.json'")


@pytest.mark.parametrize("curve", CURVES)
def test_the_official_program_and_we_verify_each_other_with_certificates(
    curve: type[EllipticCurve], model: Path, tmp_path: Path
) -> None:
    root = an_authority(curve=curve)
    between = an_authority("between", root, curve=curve)
    signer = a_signer(between, curve=curve)
    trusted, chain = written(tmp_path / "root.pem", root.pem), written(tmp_path / "between.pem", between.pem)
    private, certificate = written(tmp_path / "key.pem", signer.key_pem), written(tmp_path / "leaf.pem", signer.pem)

    signature = tmp_path / "theirs.sig"
    signing = ("--private_key", private, "--signing_certificate", certificate, "--certificate_chain", chain)
    model_signing("sign", "certificate", *signing, "--signature", signature, model)
    bundle = Bundle.parse(signature.read_bytes())
    leaf = Authority.from_pem(root.pem).signer(bundle.chain, ISSUED + timedelta(days=7))
    check_signed_files(verify(bundle, leaf.key), files())

    key = PrivateKey.from_pem(signer.key_pem)
    ours = written(
        tmp_path / "ours.sig",
        sign_with_certificate(sign_files("scorer", files()), key, signer.pem + between.pem).document,
    )
    check = ("verify", "certificate", "--certificate_chain", trusted, "--signature", ours, model)
    assert "succeeded" in model_signing(*check)
    written(model / "extra", b"")
    model_signing(*check, fails="Extra files found")


def test_files_that_the_official_program_leaves_out_by_itself_are_not_signed(model: Path, tmp_path: Path) -> None:
    private = written(tmp_path / "key.pem", pem_of(a_key()))
    written(model / ".gitattributes", b"*.bin filter=lfs")
    content = files({**CONTENT, ".gitattributes": b"*.bin filter=lfs"})
    for options, holds in ((), False), (("--no-ignore-git-paths",), True):
        signature = tmp_path / "theirs.sig"
        model_signing("sign", "key", "--private_key", private, "--signature", signature, *options, model)
        statement = verify(Bundle.parse(signature.read_bytes()), PrivateKey.from_pem(private.read_bytes()).public)
        if holds:
            check_signed_files(statement, content)
        else:
            with pytest.raises(SignedFilesDifferError, match=r"ignore_paths of the signature hides '\.gitattributes'"):
                check_signed_files(statement, content)
