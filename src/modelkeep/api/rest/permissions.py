"""What a route needs, as part of its description: clients read it, and the tests of every route and role do too."""

from enum import StrEnum
from typing import Any, Final

from modelkeep.domains.access import Permission

EXTENSION: Final = "x-permission"


class Where(StrEnum):
    """On what the permission is needed."""

    REGISTRY = "registry"
    NAMESPACE = "namespace"
    MODEL = "model"
    ITEMS = "items"


def needs(permission: Permission, where: Where) -> dict[str, Any]:
    """Declare the permission of a route, and on what: the registry, the namespace or the model that is named.

    `Where.ITEMS` is a list (or one thing of such a list): everybody may ask, and gets what the permission shows.
    """
    return {EXTENSION: {"permission": permission.value, "on": where.value}}


AUTHENTICATED: Final[dict[str, Any]] = {EXTENSION: {"permission": None, "on": "authenticated"}}
"""Declares that everybody who is logged in may."""

PUBLIC: Final[dict[str, Any]] = {EXTENSION: {"permission": None, "on": "public"}}
"""Declares that everybody may, without logging in."""
