"""Policy documents as people write them, in YAML or JSON: read with the place of each part, and those that ship."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, cast

from modelkeep.domains.governance.domain.findings import Finding, PlacedFinding
from modelkeep.domains.governance.domain.policy_documents import MAX_DOCUMENT
from modelkeep.kernel.canonical_json import InvalidJsonError, Json, canonical_json, parse_json
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError
from modelkeep.platform.yaml_documents import Place, YamlDocument, read_yaml

SHIPPED: Final = ("default", "open", "regulated")
"""The policies that come with the program."""

_MAX_BYTES: Final = 4 * MAX_DOCUMENT
_PAIR: Final = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class PolicyRefusedError(RegistryError):
    """A policy document has errors; the details list them with line and column."""

    kind = Kind.INVALID
    code = "governance.policy_refused"


@dataclass(frozen=True, slots=True)
class Linted:
    """A policy document: its source, the value it stands for, and what is wrong with it, in the order of the text."""

    source: str
    document: Json
    findings: tuple[PlacedFinding, ...]

    @property
    def is_good(self) -> bool:
        """Whether it can be published."""
        return not any(placed.finding.is_error for placed in self.findings)

    def checked(self) -> Mapping[str, Json]:
        """Return the document.

        Raises:
            PolicyRefusedError: it has errors.
        """
        if self.is_good and isinstance(self.document, Mapping):
            return self.document
        errors = [placed for placed in self.findings if placed.finding.is_error]
        first = errors[0]
        raise PolicyRefusedError(
            f"the policy has {len(errors)} error{'s' * (len(errors) > 1)}, the first at line {first.line}, column "
            f"{first.column}: {first.finding.message}; 'modelkeep policy lint' shows all",
            findings=[shown_finding(placed) for placed in self.findings],
        )


def lint_text(source: str, check: Callable[[Json], Iterable[Finding]]) -> Linted:
    """Read a document and find what is wrong with it; whatever the text is, this returns."""
    try:
        read = _read(source)
    except InvalidValueError as error:
        place = Place(int(str(error.details.get("line", 1))), int(str(error.details.get("column", 1))))
        return Linted(source, None, (PlacedFinding(*place, Finding((), "unreadable", _bare(error, place))),))
    placed = [PlacedFinding(*read.place_of(finding.path), finding) for finding in check(read.value)]
    return Linted(source, read.value, tuple(sorted(placed, key=lambda found: (found.line, found.column))))


def shown_finding(placed: PlacedFinding) -> dict[str, object]:
    """Return a finding as JSON."""
    finding = placed.finding
    return {
        "line": placed.line,
        "column": placed.column,
        "severity": finding.severity.value,
        "code": finding.code,
        "path": list(finding.path),
        "message": finding.message,
    }


@cache
def shipped_source(name: str) -> str:
    """Return the source of a policy that comes with the program."""
    return files(__package__).joinpath("shipped", f"{name}.yaml").read_text("utf-8")


@cache
def shipped_policy(name: str) -> tuple[str, Mapping[str, Json]]:
    """Return the source and the document of a policy that comes with the program."""
    source = shipped_source(name)
    return source, cast("Mapping[str, Json]", _read(source).value)


def _read(source: str) -> YamlDocument:
    """Read JSON or YAML; JSON that YAML has no words for, tabs and pairs of surrogates, only loses a column or two."""
    if source.lstrip().startswith("{"):
        with suppress(InvalidJsonError):
            value = parse_json(source.encode(errors="surrogatepass"), max_bytes=_MAX_BYTES)
            plain = _PAIR.sub(_as_one, source.replace("\t", " "))
            return YamlDocument(value, read_yaml(plain, max_chars=MAX_DOCUMENT).places)
    read = read_yaml(source, max_chars=MAX_DOCUMENT)
    canonical_json(read.value)
    return read


def _as_one(pair: re.Match[str]) -> str:
    return "\\U{:08x}".format(ord(bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be")))


def _bare(error: InvalidValueError, place: Place) -> str:
    """Return the message of an error without the place, which stands beside it."""
    return error.message.removeprefix(f"line {place.line}, column {place.column}: ")
