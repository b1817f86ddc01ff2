"""Sends events as CloudEvents, signed as the Standard Webhooks specification says."""

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from modelkeep.domains.audit import MEDIA_TYPE
from modelkeep.domains.events.domain.deliveries import EXCERPT_BYTES, Sent
from modelkeep.domains.events.domain.signatures import signed_headers
from modelkeep.domains.events.ports import Parcel
from modelkeep.kernel.clock import Clock
from modelkeep.platform.outbound_http import OutboundFailedError, OutboundHttp, OutboundRefusedError

_SUCCESS: Final = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Posts to web addresses; every answer but 2xx is a failure."""

    http: OutboundHttp
    clock: Clock

    def check(self, target: str) -> None:
        """Refuse an address that this server does not send requests to."""
        self.http.check(target)

    def send(self, parcel: Parcel) -> Sent:
        """Send, and say what came of it."""
        body = json.dumps(parcel.event, ensure_ascii=False, separators=(",", ":")).encode()
        signed = signed_headers(parcel.secrets, message_id=parcel.message_id, at=self.clock(), body=body)
        started = time.perf_counter()
        try:
            answer = self.http.request(
                "POST",
                parcel.target,
                headers={"Content-Type": MEDIA_TYPE, **signed},
                content=body,
                max_bytes=EXCERPT_BYTES,
            )
        except (OutboundFailedError, OutboundRefusedError) as error:
            return Sent(delivered=False, status=None, latency_ms=_since(started), excerpt=error.message)
        excerpt = answer.body.decode("utf-8", "replace").replace("\0", "")
        return Sent(answer.status in _SUCCESS, answer.status, _since(started), excerpt)


def _since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
