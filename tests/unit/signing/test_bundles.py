"""Bundles that are signed, verified, and altered in every way (S14 of the test plan)."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import DNSName, RFC822Name, UniformResourceIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.authorities import CURVES, ISSUED, Issued, a_key, a_signer, an_authority, pem_of, public_pem_of
from tests.soak import rounds

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.model_signing import Bundle, SignedFilesDifferError, Statement, check_signed_files, sign_files
from modelkeep.signing import (
    Authority,
    BadSignatureError,
    InvalidSigningKeyError,
    PrivateKey,
    PublicKey,
    UntrustedCertificateError,
    sign,
    sign_with_certificate,
    verify,
)

FILES = {path: Digest.of(path.encode()) for path in ("config.json", "weights/model.bin", "weights.index")}
NOW = ISSUED + timedelta(days=7)
KEY = PrivateKey.from_pem(pem_of(a_key()))
ROOT = an_authority()
BETWEEN = an_authority("between", ROOT)
SIGNER = a_signer(BETWEEN)


def key_bundle(files: Mapping[str, Digest] = FILES) -> Bundle:
    return sign(sign_files("scorer", files), KEY)


def certificate_bundle(signer: Issued = SIGNER, *between: Issued) -> Bundle:
    chain = b"".join(issued.pem for issued in (signer, *(between or (BETWEEN,))))
    return sign_with_certificate(sign_files("scorer", FILES), PrivateKey.from_pem(signer.key_pem), chain)


def check_with_key(document: bytes) -> None:
    check_signed_files(verify(Bundle.parse(document), KEY.public), FILES)


def check_with_authority(document: bytes) -> None:
    bundle = Bundle.parse(document)
    signer = Authority.from_pem(ROOT.pem).signer(bundle.chain, NOW)
    check_signed_files(verify(bundle, signer.key), FILES)


@pytest.mark.parametrize("curve", CURVES)
def test_a_bundle_holds_with_the_key_that_signed_it_and_with_no_other(curve: type[EllipticCurve]) -> None:
    key, other = (PrivateKey.from_pem(pem_of(a_key(curve))) for _ in range(2))
    bundle = Bundle.parse(sign(sign_files("scorer", FILES), key).document)
    check_signed_files(verify(bundle, PublicKey.from_pem(key.public.pem.encode())), FILES)
    with pytest.raises(BadSignatureError, match="another key"):
        verify(bundle, other.public)
    with pytest.raises(BadSignatureError, match="not that of the key"):
        verify(Bundle(bundle.payload, bundle.signature, hint=other.public.hint), other.public)


@pytest.mark.parametrize("curve", CURVES)
def test_a_bundle_holds_with_the_authority_behind_its_certificates(curve: type[EllipticCurve]) -> None:
    root = an_authority(curve=curve)
    between = an_authority("between", root, curve=curve)
    names = (RFC822Name("ci@example.org"), UniformResourceIdentifier("https://ci.example.org/a/b"), DNSName("a.b"))
    bundle = Bundle.parse(certificate_bundle(a_signer(between, *names, curve=curve), between).document)
    signer = Authority.from_pem(root.pem).signer(bundle.chain, NOW)
    check_signed_files(verify(bundle, signer.key), FILES)
    assert signer.identities == ("email:ci@example.org", "uri:https://ci.example.org/a/b", "dns:a.b")


def test_a_private_key_with_a_password_is_read_with_it_only() -> None:
    text = pem_of(a_key(), b"open sesame")
    assert PrivateKey.from_pem(text, "open sesame").public.pem.startswith("-----BEGIN PUBLIC KEY")
    for password in (None, "sesame", ""):
        with pytest.raises(InvalidSigningKeyError, match="cannot be read"):
            PrivateKey.from_pem(text, password)


@pytest.mark.parametrize("read", [PrivateKey.from_pem, PublicKey.from_pem, Authority.from_pem])
def test_what_is_no_key_of_these_curves_is_refused(read: Callable[[bytes], object]) -> None:
    ed25519 = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for text in (b"", b"nonsense", ed25519, SIGNER.pem):
        with pytest.raises(InvalidSigningKeyError):
            read(text)


def test_a_certificate_of_another_key_cannot_be_signed_with() -> None:
    with pytest.raises(InvalidSigningKeyError, match="another key"):
        sign_with_certificate(sign_files("scorer", FILES), KEY, SIGNER.pem)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # of odd certificates
@pytest.mark.parametrize(("made", "check"), [(key_bundle, check_with_key), (certificate_bundle, check_with_authority)])
def test_no_byte_of_a_bundle_can_be_changed(made: Callable[[], Bundle], check: Callable[[bytes], None]) -> None:
    document = made().document
    check(document)
    seed = random.Random(14)  # noqa: S311 - which bits are flipped
    tries = rounds(1, 16)
    for place, byte in enumerate(document):
        for flip in seed.sample(range(1, 256), tries):
            altered = document[:place] + bytes([byte ^ flip]) + document[place + 1 :]
            with pytest.raises(RegistryError):
                check(altered)


def test_what_is_not_signed_of_the_json_may_change() -> None:
    value: dict[str, Any] = json.loads(key_bundle().document)
    value["dsseEnvelope"]["signatures"][0]["keyid"] = "anything"
    check_with_key(json.dumps(value, indent=4).encode())
    del value["dsseEnvelope"]["signatures"][0]["keyid"], value["verificationMaterial"]["tlogEntries"]
    check_with_key(json.dumps(value).encode())


def test_a_file_cannot_be_swapped_added_left_out_or_changed() -> None:
    statement = sign_files("scorer", FILES)
    (first, one), (second, two), *_ = FILES.items()
    without = {path: digest for path, digest in FILES.items() if path != first}
    for other, said in (
        (FILES | {first: two, second: one}, "other content was signed of 'config.json', 'weights/model.bin'"),
        (FILES | {first: Digest.of(b"x")}, "other content was signed of 'config.json'"),
        (FILES | {"new": one}, "does not cover 'new'"),
        (without, "covers what is not there: 'config.json'"),
        (without | {"Config.json": one}, "does not cover 'Config.json'"),
    ):
        with pytest.raises(SignedFilesDifferError, match=said):
            check_signed_files(statement, other)


def test_renamed_files_are_found_though_the_digest_of_the_subject_is_the_same() -> None:
    one = Digest.of(b"1")
    statement = sign_files("scorer", {"a": one, "b": one})
    assert statement.digest == sign_files("scorer", {"c": one, "d": one}).digest
    with pytest.raises(SignedFilesDifferError, match="does not cover 'c', 'd'"):
        check_signed_files(statement, {"c": one, "d": one})


@pytest.mark.parametrize("hidden", ["weights/model.bin", "weights", "./weights/", ".", "", "..", "x/../weights", "/x"])
def test_a_signature_that_hides_files_is_refused(hidden: str) -> None:
    statement = changed(lambda said: said["predicate"]["serialization"].update(ignore_paths=[".git", hidden]))
    with pytest.raises(SignedFilesDifferError, match="ignore_paths of the signature hides"):
        check_signed_files(statement, FILES)


def test_a_signature_may_leave_out_what_is_not_there() -> None:
    ignored = [".git", ".gitignore", "weight", "weights/model"]
    check_signed_files(changed(lambda said: said["predicate"]["serialization"].update(ignore_paths=ignored)), FILES)
    check_signed_files(changed(lambda said: said["predicate"]["serialization"].update(allow_symlinks=True)), FILES)
    check_signed_files(changed(lambda said: said["predicate"].update(more="members")), FILES)


STRANGE: dict[str, Callable[[Any], Any]] = {
    "another statement": lambda said: said.update(_type="https://in-toto.io/Statement/v0.1"),
    "another predicate": lambda said: said.update(predicateType="https://model_signing/Digests/v0.1"),
    "two subjects": lambda said: said["subject"].append(said["subject"][0]),
    "no subject": lambda said: said["subject"].clear(),
    "another subject": lambda said: said["subject"][0]["digest"].update(sha256="0" * 64),
    "a further digest": lambda said: said["subject"][0]["digest"].update(sha512="0" * 128),
    "shards": lambda said: said["predicate"]["serialization"].update(method="shards"),
    "another hash": lambda said: said["predicate"]["serialization"].update(hash_type="blake3"),
    "a strange option": lambda said: said["predicate"]["serialization"].update(shard_size=1),
    "paths that are none": lambda said: said["predicate"]["serialization"].update(ignore_paths=[1]),
    "paths as text": lambda said: said["predicate"]["serialization"].update(ignore_paths=".git"),
    "links of an unknown kind": lambda said: said["predicate"]["serialization"].update(allow_symlinks="false"),
    "another hash of a file": lambda said: said["predicate"]["resources"][0].update(algorithm="blake3"),
    "a digest in capitals": lambda said: said["predicate"]["resources"][0].update(digest="A" * 64),
    "a file without a name": lambda said: said["predicate"]["resources"][0].pop("name"),
    "no files": lambda said: said["predicate"].pop("resources"),
}


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
def test_a_statement_of_another_form_is_refused(change: Callable[[Any], object]) -> None:
    with pytest.raises(RegistryError):
        check_signed_files(changed(change), FILES)


def test_a_file_that_is_named_twice_is_refused() -> None:
    one = next(iter(FILES.values()))
    single = sign_files("scorer", {"a": one})
    twice = list(single.predicate["resources"]) * 2  # type: ignore[arg-type]  # JSON
    digest = Digest.of(bytes.fromhex(one.hex) * 2)
    statement = Statement("scorer", digest, single.predicate_type, {**single.predicate, "resources": twice})
    with pytest.raises(RegistryError, match="names 'a' twice"):
        check_signed_files(statement, {"a": one})


FOREIGN: dict[str, Callable[[Any], Any]] = {
    "another version": lambda said: said.update(mediaType="application/vnd.dev.sigstore.bundle.v0.2+json"),
    "a further member": lambda said: said.update(messageSignature={}),
    "no envelope": lambda said: said.pop("dsseEnvelope"),
    "another payload": lambda said: said["dsseEnvelope"].update(payloadType="application/json"),
    "no signature": lambda said: said["dsseEnvelope"]["signatures"].clear(),
    "two signatures": lambda said: said["dsseEnvelope"]["signatures"].append(said["dsseEnvelope"]["signatures"][0]),
    "a log entry": lambda said: said["verificationMaterial"].update(tlogEntries=[{}]),
    "a time stamp": lambda said: said["verificationMaterial"].update(timestampVerificationData={}),
    "key and certificate": lambda said: said["verificationMaterial"].update(certificate={"rawBytes": "AA=="}),
    "no key": lambda said: said["verificationMaterial"].pop("publicKey"),
    "a key without a hint": lambda said: said["verificationMaterial"]["publicKey"].clear(),
    "no base64": lambda said: said["dsseEnvelope"].update(payload="*"),
    "base64 in another form": lambda said: said["dsseEnvelope"]["signatures"][0].update(sig="fR=="),
    "no certificates": lambda said: said.update(verificationMaterial={"x509CertificateChain": {"certificates": []}}),
    "nine certificates": lambda said: said.update(
        verificationMaterial={"x509CertificateChain": {"certificates": [{"rawBytes": "AA=="}] * 9}}
    ),
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_a_bundle_of_another_form_is_refused(change: Callable[[Any], object]) -> None:
    value = json.loads(key_bundle().document)
    change(value)
    with pytest.raises(RegistryError):
        Bundle.parse(value)


def test_a_signature_over_the_payload_alone_is_none() -> None:
    """The type is signed with the payload, and so are both lengths."""
    statement = sign_files("scorer", FILES)
    bundle = Bundle(statement.payload(), KEY.sign(statement.payload()), hint=KEY.public.hint)
    with pytest.raises(BadSignatureError):
        verify(bundle, KEY.public)
    assert key_bundle().signed.startswith(b"DSSEv1 28 application/vnd.in-toto+json ")


def chains() -> dict[str, tuple[tuple[Issued, ...], timedelta]]:
    """Chains that must not be believed: each with how long after the authority was made."""
    week, other = timedelta(days=7), an_authority()
    short = a_signer(BETWEEN, days=2)
    old = an_authority("old", ROOT, days=2)
    no_authority = a_signer(ROOT)
    return {
        "another authority of the same name": ((a_signer(other),), week),
        "no certificate between": ((SIGNER,), week),
        "the wrong one between": ((SIGNER, an_authority("between", other)), week),
        "one between that may not issue": ((a_signer(no_authority), no_authority), week),
        "an expired signer": ((short, BETWEEN), week),
        "an expired authority between": ((a_signer(old), old), week),
        "a signer of tomorrow": ((a_signer(BETWEEN, begins=ISSUED + timedelta(days=8)), BETWEEN), week),
        "an expired root": ((SIGNER, BETWEEN), timedelta(days=366)),
        "a certificate for servers": ((a_signer(BETWEEN, usage=(ExtendedKeyUsageOID.SERVER_AUTH,)), BETWEEN), week),
        "a certificate for nothing": ((a_signer(BETWEEN, usage=()), BETWEEN), week),
        "one certificate too many": ((SIGNER, BETWEEN, other), week),
        "the authority itself": ((ROOT,), week),
    }


CHAINS = chains()


@pytest.mark.parametrize(("chain", "after"), CHAINS.values(), ids=CHAINS)
def test_a_chain_that_does_not_lead_to_the_authority_is_refused(chain: tuple[Issued, ...], after: timedelta) -> None:
    with pytest.raises(UntrustedCertificateError):
        Authority.from_pem(ROOT.pem).signer([issued.der for issued in chain], ISSUED + after)


def test_a_bundle_may_bring_the_root_itself() -> None:
    bundle = certificate_bundle(SIGNER, BETWEEN, ROOT)
    check_with_authority(bundle.document)


def test_what_is_no_certificate_is_refused() -> None:
    with pytest.raises(UntrustedCertificateError):
        Authority.from_pem(ROOT.pem).signer([b"no certificate"], NOW)


def changed(change: Callable[[Any], object]) -> Statement:
    """Return the statement over the files as its signer, who may lie, has changed it."""
    value = json.loads(sign_files("scorer", FILES).payload())
    change(value)
    payload = json.dumps(value, indent=1).encode()
    return verify(signed_payload(payload), KEY.public)


def signed_payload(payload: bytes) -> Bundle:
    unsigned = Bundle(payload, b"", hint=KEY.public.hint)
    return Bundle.parse(Bundle(payload, KEY.sign(unsigned.signed), hint=KEY.public.hint).document)


def test_a_bundle_in_hand_is_written_and_read_without_loss() -> None:
    for bundle in (key_bundle(), certificate_bundle()):
        assert Bundle.parse(bundle.document) == bundle == Bundle.parse(json.loads(bundle.document))
        assert base64.b64encode(bundle.payload).decode() in bundle.document.decode()
    assert public_pem_of(a_key()) != KEY.public.pem.encode()
