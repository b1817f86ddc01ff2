"""`diff`: what is different between two versions."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Section, hint, show_json, show_record

if TYPE_CHECKING:
    from modelkeep.client.diffs import Difference, TensorDifferences

_SHOWN: Final = 50
_MARKS: Final = {"added": "+", "removed": "-", "changed": "~"}


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep diff fraud/scorer:1.3.0 fraud/scorer:1.4.0", "modelkeep diff a:1 b:2"),
)
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@pass_invocation
def diff(invocation: Invocation, before: str, after: str) -> None:
    """Show what is different from version A to version B.

    Inputs and outputs, metrics, parameters, files, tensors by the digests of their bytes, and the model card.
    """
    with invocation.connect() as registry:
        found = registry.diff(before, after)
    if invocation.as_json:
        show_json(found.document)
        return
    lists = {
        "Metrics": found.metrics,
        "Parameters": found.params,
        "Files": found.files,
        "Tensors": found.tensors.listed,
    }
    show_record(
        {
            "before": found.before,
            "after": found.after,
            "step": found.step,
            "tensors": _counts(found.tensors),
            "card": found.card_sections,
        },
        [
            Section("Reasons", text="\n".join(found.reasons)),
            *(Section(title, list(_rows(items))) for title, items in lists.items()),
        ],
    )
    if any(len(items) > _SHOWN for items in lists.values()):
        hint(f"{_SHOWN} of each are shown; --output json has more")


def _rows(differences: "Sequence[Difference]") -> Iterator[tuple[str, str, str, str]]:
    for one in differences[:_SHOWN]:
        yield _MARKS.get(one.kind, "?"), one.name, one.before or "", one.after or ""


def _counts(tensors: "TensorDifferences") -> str | None:
    counts = {
        "added": tensors.added,
        "removed": tensors.removed,
        "changed": tensors.changed,
        "the same": tensors.same,
        "not compared": tensors.uncompared,
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or None
