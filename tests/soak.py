"""How large a test is: small in CI, large with MODELKEEP_SOAK=1."""

import os


def rounds(ci: int, soak: int) -> int:
    """Return the size of a test for where it runs."""
    return soak if os.environ.get("MODELKEEP_SOAK") == "1" else ci
