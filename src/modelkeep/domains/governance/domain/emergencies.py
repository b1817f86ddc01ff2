"""What can stand against a promotion in an emergency."""

from modelkeep.kernel.errors import Kind, RegistryError


class BreakGlassRefusedError(RegistryError):
    """The policy has no promotion in an emergency, or not for the actor."""

    kind = Kind.BLOCKED
    code = "governance.break_glass_refused"
