"""Evidence packs: what the registry knows of a version in one file that can be verified offline."""

from modelkeep.domains.governance.service.evidence.packs import EvidencePack, EvidenceService

__all__ = ["EvidencePack", "EvidenceService"]
