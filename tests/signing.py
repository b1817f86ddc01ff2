"""Keys, trust and bundles of tests."""

import json
from collections.abc import Mapping
from typing import Any

from tests.authorities import Issued, a_key, pem_of
from tests.builders import SCORER

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY, Scope
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance import CheckedSignature, NewTrust, TrustedKey
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.model_signing import Bundle, sign_files
from modelkeep.kernel.paging import PageRequest
from modelkeep.kernel.references import Reference
from modelkeep.signing import PrivateKey, sign, sign_with_certificate

EVERYTHING = PageRequest(1000)


def a_private_key() -> PrivateKey:
    return PrivateKey.from_pem(pem_of(a_key()))


def digests(files: Mapping[str, bytes]) -> dict[str, Digest]:
    return {path: Digest.of(data) for path, data in files.items()}


def a_bundle(files: Mapping[str, bytes], key: PrivateKey) -> Bundle:
    return sign(sign_files("scorer", digests(files)), key)


def a_certified_bundle(files: Mapping[str, bytes], signer: Issued, *between: Issued) -> Bundle:
    chain = b"".join(issued.pem for issued in (signer, *between))
    return sign_with_certificate(sign_files("scorer", digests(files)), PrivateKey.from_pem(signer.key_pem), chain)


def json_of(bundle: Bundle) -> Any:  # noqa: ANN401 - JSON
    return json.loads(bundle.document)


def trust(
    services: Services, actor: Actor, key: PrivateKey, scope: Scope = REGISTRY, *, name: str = "release"
) -> TrustedKey:
    return services.signing.keys.trust(actor, scope, NewTrust(name, key.public.pem)).value


def reference_to(version: ModelVersion) -> Reference:
    return Reference.parse(version.reference)


def add(
    services: Services, actor: Actor, bundle: Bundle, reference: str = f"{SCORER}:1.0.0"
) -> Recorded[CheckedSignature]:
    return services.signing.signatures.add(actor, Reference.parse(reference), json_of(bundle))


def listed(services: Services, actor: Actor, reference: str = f"{SCORER}:1.0.0") -> tuple[CheckedSignature, ...]:
    return services.signing.signatures.list(actor, Reference.parse(reference), EVERYTHING).items
