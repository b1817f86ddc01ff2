"""Signatures of versions: who is believed, about what, and when."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.authorities import a_signer, an_authority
from tests.builders import SCORER, a_model, a_version
from tests.people import somebody
from tests.registries import START, ManualClock
from tests.service.tampering import tampered
from tests.signing import (
    EVERYTHING,
    a_bundle,
    a_certified_bundle,
    a_private_key,
    add,
    json_of,
    listed,
    trust,
)

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, ForbiddenError, Scope
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance import NewTrust, VerifiedSignature, verified_signatures
from modelkeep.domains.governance.domain.signatures import SignatureNotFoundError, UntrustedSignatureError
from modelkeep.domains.governance.tables.signatures import SIGNATURE
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.model_signing import PROMOTION, Bundle, InvalidBundleError, SignedFilesDifferError, Statement
from modelkeep.kernel.references import Reference
from modelkeep.signing import BadSignatureError, sign

FILES = {"config.json": b"{}", "weights/model.bin": b"weights"}
KEY = a_private_key()
FRAUD = Scope.of_namespace("fraud")
ONE = Reference.parse(f"{SCORER}:1.0.0")


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    return a_version(services, admin, files=FILES)


def verified(services: Services, version: ModelVersion) -> tuple[VerifiedSignature, ...]:
    with services.access.database.snapshot() as tx:
        return verified_signatures(tx, version)


@pytest.mark.parametrize("scope", [REGISTRY, FRAUD])
def test_a_signature_by_a_trusted_key_is_kept_and_holds(
    services: Services, admin: Actor, version: ModelVersion, scope: Scope
) -> None:
    key = trust(services, admin, KEY, scope)
    added = add(services, admin, a_bundle(FILES, KEY))
    assert added.receipt is not None
    (found,) = listed(services, admin)
    assert found == added.value
    assert verified(services, version) == (found.verified,)
    assert found.verified is not None
    assert (found.verified.key_id, found.verified.key_name, found.verified.key_scope) == (key.id, "release", str(scope))
    kept = services.signing.signatures.bundle(admin, ONE, found.signature.id)
    assert kept == found.signature
    assert Bundle.parse(kept.bundle).digest == kept.digest


def test_the_same_bundle_again_changes_nothing(services: Services, admin: Actor, version: ModelVersion) -> None:
    trust(services, admin, KEY)
    bundle = a_bundle(FILES, KEY)
    first, again = add(services, admin, bundle), add(services, admin, bundle)
    assert again.receipt is None
    assert again.value.signature == first.value.signature
    assert len(verified(services, version)) == 1


def test_many_may_sign_and_each_is_named(services: Services, admin: Actor, version: ModelVersion) -> None:
    keys = [a_private_key() for _ in range(3)]
    for number, key in enumerate(keys):
        trust(services, admin, key, name=f"key {number}")
        add(services, admin, a_bundle(FILES, key))
    assert [found.key_name for found in verified(services, version)] == ["key 0", "key 1", "key 2"]
    page = services.signing.signatures.list(admin, ONE, EVERYTHING)
    assert [checked.verified and checked.verified.key_name for checked in page.items] == ["key 2", "key 1", "key 0"]


@pytest.mark.usefixtures("version")
def test_what_no_trusted_key_has_signed_is_not_kept(services: Services, admin: Actor) -> None:
    trust(services, admin, a_private_key(), FRAUD)
    trust(services, admin, KEY, Scope.of_namespace("default"), name="of another namespace")
    with pytest.raises(UntrustedSignatureError, match=f"nobody trusts the key {KEY.public.hint} here"):
        add(services, admin, a_bundle(FILES, KEY))
    assert listed(services, admin) == ()


@pytest.mark.usefixtures("version")
def test_a_signature_over_other_files_is_not_kept(services: Services, admin: Actor) -> None:
    trust(services, admin, KEY)
    for files in ({"config.json": b"{}"}, {**FILES, "config.json": b"[]"}, {**FILES, "more": b""}):
        with pytest.raises(SignedFilesDifferError):
            add(services, admin, a_bundle(files, KEY))
    documents: list[Json] = [{}, [], "text", {**json_of(a_bundle(FILES, KEY)), "more": 1}]
    for document in documents:
        with pytest.raises(InvalidBundleError):
            services.signing.signatures.add(admin, ONE, document)


def test_a_statement_about_something_else_is_not_kept(services: Services, admin: Actor, version: ModelVersion) -> None:
    """Only the registry itself signs promotions."""
    trust(services, admin, KEY)
    for kind in (PROMOTION, "https://example.org/predicate"):
        statement = Statement(version.reference, version.manifest_digest, kind, {"stage": "Production"})
        with pytest.raises(InvalidBundleError):
            add(services, admin, sign(statement, KEY))


def test_revoked_trust_holds_nothing_any_more(services: Services, admin: Actor, version: ModelVersion) -> None:
    key = trust(services, admin, KEY)
    add(services, admin, a_bundle(FILES, KEY))
    ended = services.signing.keys.revoke(admin, REGISTRY, key.id, reason="stolen")
    assert ended.receipt is not None
    assert services.signing.keys.revoke(admin, REGISTRY, key.id).receipt is None
    (found,) = listed(services, admin)
    assert found.verified is None
    assert "release: the trust in it was taken back on 2026-11-02" in found.fault
    assert verified(services, version) == ()
    trust(services, admin, KEY, name="again")
    assert [one.key_name for one in verified(services, version)] == ["again"]


def test_a_signature_must_be_received_while_its_key_is_valid(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    begin, end = START + timedelta(days=1), START + timedelta(days=2)
    services.signing.keys.trust(admin, REGISTRY, NewTrust("november", KEY.public.pem, None, begin, end))
    with pytest.raises(UntrustedSignatureError, match="not received while it was valid"):
        add(services, admin, a_bundle(FILES, KEY))
    clock.advance(timedelta(days=1))
    add(services, admin, a_bundle(FILES, KEY))
    clock.advance(timedelta(days=400))
    assert len(verified(services, version)) == 1
    with pytest.raises(UntrustedSignatureError, match="not received while it was valid"):
        add(services, admin, a_bundle(FILES, KEY))


def test_an_authority_is_believed_about_the_identities_that_were_named(
    services: Services, admin: Actor, version: ModelVersion, clock: ManualClock
) -> None:
    root = an_authority()
    between = an_authority("between", root)
    bundle = a_certified_bundle(FILES, a_signer(between, days=10), between)
    new = NewTrust("company", root.pem.decode(), "email:*@example.org")
    services.signing.keys.trust(admin, FRAUD, NewTrust("other", root.pem.decode(), "email:*@example.com"))
    with pytest.raises(UntrustedSignatureError, match=r"other: it is not trusted about email:ci@example\.org"):
        add(services, admin, bundle)
    services.signing.keys.trust(admin, FRAUD, new)
    add(services, admin, bundle)
    (found,) = verified(services, version)
    assert (found.key_name, found.identity) == ("company", "email:ci@example.org")
    clock.advance(timedelta(days=30))
    assert len(verified(services, version)) == 1, "it was received while the certificate was valid"
    late = a_certified_bundle(FILES, a_signer(between, days=10), between)
    with pytest.raises(UntrustedSignatureError, match="company: the signer's certificate is not trusted"):
        add(services, admin, late)


@pytest.mark.usefixtures("version")
def test_a_forged_signature_in_the_name_of_a_trusted_key_is_not_kept(services: Services, admin: Actor) -> None:
    trust(services, admin, KEY)
    document = json_of(a_bundle(FILES, a_private_key()))
    document["verificationMaterial"]["publicKey"]["hint"] = KEY.public.hint
    with pytest.raises(BadSignatureError):
        services.signing.signatures.add(admin, ONE, document)


def test_a_bundle_that_was_changed_in_the_database_does_not_hold(
    services: Services, admin: Actor, version: ModelVersion, database_url: str
) -> None:
    trust(services, admin, KEY)
    add(services, admin, a_bundle(FILES, KEY))
    other = a_bundle({**FILES, "config.json": b"[]"}, KEY)
    for change in ({"bundle": other.document}, {"bundle": other.document, "digest": str(other.digest)}):
        tampered(database_url, update(SIGNATURE).values(**change))
        assert verified(services, version) == ()
    assert "other content was signed of 'config.json'" in listed(services, admin)[0].fault


def test_who_may_change_a_version_may_sign_it(services: Services, admin: Actor, version: ModelVersion) -> None:
    trust(services, admin, KEY)
    viewer, contributor = somebody(services, ("viewer", "fraud")), somebody(services, ("contributor", "fraud"))
    bundle = a_bundle(FILES, KEY)
    with pytest.raises(ForbiddenError):
        add(services, viewer, bundle)
    added = add(services, contributor, bundle).value.signature
    assert listed(services, viewer)[0].signature == added
    assert services.signing.signatures.bundle(viewer, ONE, added.id) == added
    stranger = somebody(services)
    for ask in (
        lambda: listed(services, stranger),
        lambda: add(services, stranger, bundle),
        lambda: services.signing.signatures.bundle(stranger, ONE, added.id),
    ):
        with pytest.raises(RegistryError) as refused:
            ask()
        assert refused.value.code == "catalog.version_not_found"
    other = a_version(services, admin)
    with pytest.raises(SignatureNotFoundError):
        services.signing.signatures.bundle(admin, Reference.parse(other.reference), added.id)
    assert version.id == added.version_id
