"""Sends events as messages to people, through the services that apprise knows.

Apprise opens its own connections, which the guard of `platform/outbound_http` does not see. So only services whose
address is fixed are allowed, and others only on hosts that the operator allows. Arguments are refused: apprise reads
files and any address that `?template=` names.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from modelkeep.domains.events.domain.deliveries import Sent
from modelkeep.domains.events.domain.errors import AlertsNotInstalledError, InvalidSubscriptionError
from modelkeep.domains.events.domain.subscriptions import TEMPLATE_FIELDS
from modelkeep.domains.events.ports import Parcel
from modelkeep.kernel.events import Json
from modelkeep.platform.outbound_http import OutboundPolicy

FIXED_SERVICES: Final = frozenset({"discord", "gchat", "opsgenie", "pagerduty", "pover", "slack", "tgram", "wxteams"})
"""Services of apprise that send to one address, whatever the target says."""

_TITLE: Final = "Modelkeep"
_FORBIDDEN: Final = re.compile(r"[?\\,;\s]")


@dataclass(frozen=True, slots=True)
class AlertSender:
    """Notifies through apprise, which is an extra: `modelkeep[alerts]`."""

    policy: OutboundPolicy

    def check(self, target: str) -> None:
        """Refuse a service that is not known, or may lead anywhere."""
        self._service(target)

    def send(self, parcel: Parcel) -> Sent:
        """Send, and say what came of it; apprise tells no more than whether it went well."""
        started = time.perf_counter()
        try:
            notifier = _apprise().Apprise(self._service(parcel.target))
            sent = bool(notifier.notify(title=_TITLE, body=message(parcel.template, parcel.event)))
        except InvalidSubscriptionError as error:
            return Sent(delivered=False, status=None, latency_ms=0, excerpt=error.message)
        latency = round((time.perf_counter() - started) * 1000)
        return Sent(sent, None, latency, "" if sent else "the service did not take the message")

    def _service(self, target: str) -> Any:  # noqa: ANN401 - of an optional module
        """Return the one service that a target names; apprise would split a text into several."""
        if _FORBIDDEN.search(target):
            raise InvalidSubscriptionError(
                "the address of an alert has no arguments (`?`), backslashes, commas, semicolons or spaces", field="url"
            )
        scheme, separator, _ = target.partition("://")
        fixed = scheme.lower() in FIXED_SERVICES
        if not separator or not (fixed or self._allowed(target)):
            raise _leads_anywhere()
        service = _apprise().Apprise.instantiate(target)
        if service is None:
            raise InvalidSubscriptionError("this is no address of that service; see the documentation of apprise")
        if not fixed and not self.policy.permits(str(service.host)):
            raise _leads_anywhere()
        return service

    def _allowed(self, target: str) -> bool:
        try:
            host = urlsplit(target).hostname
        except ValueError:
            return False
        return host is not None and "#" not in target and self.policy.permits(host)


def _leads_anywhere() -> InvalidSubscriptionError:
    return InvalidSubscriptionError(
        f"alerts go to {', '.join(sorted(FIXED_SERVICES))}, as in slack://TOKENS/#channel; for services on "
        "hosts of your own, an operator allows the host with MODELKEEP_OUTBOUND_ALLOW",
        field="url",
    )


def message(template: str, event: Mapping[str, Json]) -> str:
    """Return the text of an alert: each `{field}` that is known is replaced, and nothing else is interpreted."""
    values = {
        "type": str(event["type"]).removeprefix("io.modelkeep.").rpartition(".")[0].upper(),
        "subject": str(event["subject"]),
        "time": str(event["time"]),
        "actor": str(event.get("actorid", "")),
        "seq": str(event["id"]),
    }
    for field in TEMPLATE_FIELDS:
        template = template.replace(f"{{{field}}}", values[field])
    return template


def _apprise() -> Any:  # noqa: ANN401 - an optional module
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to load
    except ModuleNotFoundError:
        raise AlertsNotInstalledError(
            "this server cannot send alerts: install it as 'modelkeep[server,alerts]'"
        ) from None
    return apprise
