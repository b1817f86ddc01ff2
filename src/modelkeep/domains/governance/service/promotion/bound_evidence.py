"""Digests of what a vote is bound to, beside the files and the gates' evidence."""

from dataclasses import asdict

from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance.repository.promotion import WithdrawnDataRepository
from modelkeep.kernel.digests import digest_json
from modelkeep.platform.database import Transaction


def training_data_digest(tx: Transaction, version: ModelVersion) -> str:
    """Return the digest of the data a version was trained on, and of which of it has been withdrawn."""
    data = version.record.training_data
    names = {name for reference in data for name in (reference.uri, reference.digest) if name}
    withdrawn = WithdrawnDataRepository(tx).withdrawn(names)
    return str(digest_json({"data": [asdict(reference) for reference in data], "withdrawn": sorted(withdrawn)}))


def metrics_digest(version: ModelVersion) -> str:
    """Return the digest of the metrics of a version."""
    return str(digest_json([asdict(metric) for metric in version.record.metrics]))
