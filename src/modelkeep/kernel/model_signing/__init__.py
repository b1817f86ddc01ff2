"""OpenSSF model-signing bundles: what they say, and whether that is true of a set of files. No cryptography here."""

from modelkeep.kernel.model_signing.bundles import (
    BUNDLE_MEDIA_TYPE,
    MAX_BUNDLE_BYTES,
    PAYLOAD_TYPE,
    Bundle,
    InvalidBundleError,
)
from modelkeep.kernel.model_signing.identities import IdentityPattern
from modelkeep.kernel.model_signing.statements import (
    MODEL_SIGNATURE,
    PROMOTION,
    SignedFilesDifferError,
    Statement,
    check_promoted,
    check_signed_files,
    sign_files,
)

__all__ = [
    "BUNDLE_MEDIA_TYPE",
    "MAX_BUNDLE_BYTES",
    "MODEL_SIGNATURE",
    "PAYLOAD_TYPE",
    "PROMOTION",
    "Bundle",
    "IdentityPattern",
    "InvalidBundleError",
    "SignedFilesDifferError",
    "Statement",
    "check_promoted",
    "check_signed_files",
    "sign_files",
]
