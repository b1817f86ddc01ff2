"""The anchors that a server is set to keep up to date."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from modelkeep.app.settings import Settings
from modelkeep.domains.audit import Anchor, FileAnchor, StoreAnchor, VerifierKey, WebhookAnchor, WitnessAnchor
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.platform.objectstore import open_store
from modelkeep.platform.outbound_http import OutboundHttp

_STORES: Final = ("s3", "gs", "az")
_FORMS: Final = (
    "use file:///PATH, s3://BUCKET/PREFIX (gs, az), webhook+https://ADDRESS or witness+https://ADDRESS#KEY, separated "
    "by spaces"
)
_SECONDS: Final = 10.0


def open_anchors(settings: Settings) -> Sequence[Anchor]:
    """Return the anchors in `MODELKEEP_ANCHORS`; nothing is contacted yet.

    Raises:
        InvalidValueError: one of them has no form that is known.
    """
    http = OutboundHttp(settings.outbound_policy, _SECONDS)
    anchors = [_open(address, http) for address in settings.anchors.split()]
    if len({anchor.name for anchor in anchors}) < len(anchors):
        raise InvalidValueError("MODELKEEP_ANCHORS names an anchor twice")
    return anchors


def _open(address: str, http: OutboundHttp) -> Anchor:
    scheme, _, rest = address.partition("://")
    kind, _, transport = scheme.partition("+")
    name = f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
    if scheme == "file" and rest.startswith("/"):
        return FileAnchor(name, Path(rest))
    if scheme in _STORES:
        return StoreAnchor(
            name, open_store(address, options={"checksum_algorithm": "SHA256"} if scheme == "s3" else {})
        )
    if kind == "webhook" and transport:
        return WebhookAnchor(name, f"{transport}://{rest}", http)
    if kind == "witness" and transport:
        url, _, key = rest.partition("#")
        return WitnessAnchor(name, f"{transport}://{url}", VerifierKey.parse(key), http)
    raise InvalidValueError(f"MODELKEEP_ANCHORS holds {scheme[:40]!r}: {_FORMS}")
