"""Evidence packs: what the registry knows of a version in one file."""

import os
from pathlib import Path

from modelkeep.client.connection import Connected
from modelkeep.client.http import Call
from modelkeep.client.whole_files import written_whole


class EvidenceMethods(Connected):
    """What a registry object can do with evidence."""

    def evidence(self, reference: str, to: str | os.PathLike[str], *, personal: bool = True) -> Path:
        """Write the evidence pack of a version, a zip that `modelkeep verify` verifies offline; return where it is.

        Args:
            reference: which version, in any form.
            to: the file, which is replaced if it is there.
            personal: whether texts that people typed into the audit log, and their names, are in it.

        Raises:
            ForbiddenError: the caller may not export the log of the model.
            UnavailableError: an entry about the version is so new that no checkpoint covers it: try again in a second.
            UnwritableError: the file cannot be written.
        """
        target = Path(to)
        call = Call("GET", f"{self._version_path(reference)}/evidence", {"personal": personal})

        with written_whole(target) as partial:

            def fetch() -> None:
                with self._session.open(call) as answer, partial.open("wb") as file:
                    file.writelines(answer.iter_bytes())

            self._session.attempt(fetch, repeatable=True)
        return target
