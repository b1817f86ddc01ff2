"""Wires signatures of models and evidence packs, and keeps the key that the registry signs promotions with."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.private_files import create_private, read_private
from modelkeep.app.settings import Settings
from modelkeep.domains.access import AccessService
from modelkeep.domains.artifacts import ArtifactService
from modelkeep.domains.audit import AuditReader, CheckpointPublisher, NoteSigner
from modelkeep.domains.governance import (
    CounterSigner,
    EvidenceService,
    SignatureService,
    SigningKeyService,
    SigningServices,
    counter_signing,
)
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.ids import IdSource
from modelkeep.platform.jobs import JobKind
from modelkeep.signing import PrivateKey


@dataclass(frozen=True)
class ServerSigningKey:
    """The private key of this registry: from the settings, or a file of the data folder, made when it is needed."""

    settings: Settings

    @property
    def file(self) -> Path:
        """Where the key is, unless it is set."""
        return self.settings.data_dir / "signing-key.pem"

    @cached_property
    def private(self) -> PrivateKey:
        """The key.

        Raises:
            InvalidSigningKeyError: what is set, or in the file, is no key on P-256, P-384 or P-521.
        """
        if self.settings.signing_key:
            return PrivateKey.from_pem(self.settings.signing_key.encode())
        kept = read_private(self.file) or create_private(self.file, PrivateKey.generate().to_pem().encode())
        return PrivateKey.from_pem(kept)


def signing_services(
    settings: Settings, access: AccessService, clock: Clock, ids: IdSource, artifacts: ArtifactService
) -> tuple[SigningServices, JobKind]:
    """Wire what signs, and what is signed: what it offers, and its background work."""
    database, key, log_keys = access.database, ServerSigningKey(settings), ServerLogKeys(settings)
    if settings.signing_key:
        _ = key.private  # a key that is none is told at the start
    publisher = CheckpointPublisher(database, log_keys, clock)
    offered = SigningServices(
        signatures=SignatureService(database, access, clock, ids),
        keys=SigningKeyService(database, access, clock, ids),
        counter_signer=CounterSigner(database, lambda: key.private, AuditReader(database), clock, ids),
        evidence=EvidenceService(database, access, clock, NoteSigner(log_keys), publisher.publish, artifacts.blob),
    )
    return offered, counter_signing(offered.counter_signer)
