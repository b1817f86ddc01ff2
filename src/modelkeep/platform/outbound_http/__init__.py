"""Requests to addresses that people enter: webhooks, login providers, peers. The one way out of a server."""

from modelkeep.platform.outbound_http.addresses import OutboundPolicy, OutboundRefusedError, Resolver
from modelkeep.platform.outbound_http.exchange import Answer, OutboundFailedError, OutboundHttp

__all__ = ["Answer", "OutboundFailedError", "OutboundHttp", "OutboundPolicy", "OutboundRefusedError", "Resolver"]
