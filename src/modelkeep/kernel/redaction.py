"""Takes secrets of this product out of texts that many will read: log lines, and what a refusal repeats.

Nothing of ours writes a secret there; but a person may have put one where a name belongs.
"""

import re
from typing import Final

_SECRET: Final = re.compile(r"\b(mk[psc]_|whsec_)[0-9A-Za-z+/=]{30,}")


def redacted(text: str) -> str:
    """Return a text in which of each token and webhook secret only its kind is left."""
    return _SECRET.sub(r"\1[redacted]", text) if "mk" in text or "whsec_" in text else text
