"""The native REST API."""

from modelkeep.api.rest.application import install_rest

__all__ = ["install_rest"]
