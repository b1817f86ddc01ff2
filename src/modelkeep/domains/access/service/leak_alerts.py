"""Ends the tokens that a scanner of secrets has found, if the alert carries its signature."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass

from modelkeep.domains.access.domain.leak_alerts import (
    AlertSignatureError,
    Finding,
    LeakAlertsOffError,
    judge,
    read_alert,
)
from modelkeep.domains.access.service.limits import RequestLimits
from modelkeep.domains.access.service.tokens import TokenService
from modelkeep.kernel.identity import RequestInfo
from modelkeep.signing import PublicKey


@dataclass(frozen=True, slots=True)
class AlertKey:
    """A key of a scanner of secrets, under the name the scanner calls it by; without a name, under any."""

    name: str
    public: PublicKey


@dataclass(frozen=True, slots=True)
class LeakAlert:
    """An alert as it came: the name of the key, the signature in base64, and the bytes it is over."""

    key: str
    signature: str
    body: bytes


@dataclass(frozen=True, slots=True)
class LeakAlertService:
    """Alerts of the scanners whose keys are configured."""

    tokens: TokenService
    limits: RequestLimits
    keys: Sequence[AlertKey] = ()

    def receive(self, alert: LeakAlert, request: RequestInfo) -> tuple[Finding, ...]:
        """End every token of this registry that is in the alert, and say which of its matches are tokens at all.

        Raises:
            LeakAlertsOffError: no key is configured.
            AlertSignatureError: the alert is not signed by one of the keys.
            TooManyRequestsError: too many such alerts, or unknown tokens, came from that address.
            InvalidValueError: the alert is not of the form it should have.
        """
        if not self.keys:
            raise LeakAlertsOffError("this registry takes no alerts; its operator sets MODELKEEP_LEAK_KEYS")
        if not self._is_genuine(alert):
            self.limits.token_failure(request.address)
            raise AlertSignatureError("the alert is not signed by a key that this registry was given")
        matches = read_alert(alert.body)
        return judge(matches, self.tokens.end_leaked({match.token for match in matches}, request))

    def _is_genuine(self, alert: LeakAlert) -> bool:
        try:
            signature = b64decode(alert.signature, validate=True)
        except ValueError:
            return False
        return any(key.public.verifies(alert.body, signature) for key in self.keys if key.name in ("", alert.key))
