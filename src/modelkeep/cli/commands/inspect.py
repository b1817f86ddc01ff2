"""`inspect`: what a version is, read from its files."""

from typing import TYPE_CHECKING, Final

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, Section, hint, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.cli.parameters import AS_OF

if TYPE_CHECKING:
    from typing import Unpack

    from modelkeep.client.inspections import Inspection, SignatureField, Tensor

_MOST_DETAIL: Final = 100
_SHOWN_TENSORS: Final = 10


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep inspect fraud/scorer:1.4.0", "modelkeep inspect fraud/scorer@champion --tensors"),
)
@click.argument("reference", metavar="REF")
@AS_OF
@click.option("--tensors", is_flag=True, help="List all tensors instead.")
@click.option("--again", is_flag=True, help="Have it inspected again, now.")
@paged
@pass_invocation
def inspect(
    invocation: Invocation,
    reference: str,
    as_of: str | None,
    *,
    tensors: bool,
    again: bool,
    **options: "Unpack[WindowOptions]",
) -> None:
    """Show what the files of a version are.

    Format, parameters, inputs and outputs, libraries, findings: a background job reads the files after a registration,
    and never runs any of them.
    """
    if tensors and again:
        raise click.UsageError("choose --tensors or --again")
    if again and as_of is not None:
        raise click.UsageError("choose --again or --as-of: what was is not inspected again")
    with invocation.connect() as registry:
        if tensors:
            show_list(invocation, registry.tensors(reference, as_of=as_of), _tensor_columns(), options)
            return
        found = registry.inspect_again(reference) if again else registry.inspection(reference, as_of=as_of)
        if invocation.as_json:
            show_json(found.document)
            return
        first = () if not found.tensor_count else registry.tensors(reference, as_of=as_of).page(_SHOWN_TENSORS).items
    _show(found, first)
    if found.tensor_count > len(first):
        hint(f"{found.tensor_count} tensors; --tensors lists all")


def _show(found: "Inspection", tensors: "tuple[Tensor, ...]") -> None:
    fields = {
        "format": found.format,
        "parameters": None if found.parameter_count is None else f"{found.parameter_count:,}",
        "tensors": found.tensor_count or None,
        "libraries": found.libraries,
        "licence": found.licence,
        "verdict": found.verdict,
        "format policy": found.format_policy,
        "sandbox": found.sandbox,
        "inspected": found.scanned_at,
        **{name: value for name, value in found.details.items() if value and len(value) <= _MOST_DETAIL},
    }
    show_record(
        fields,
        (
            Section("Inputs", _fields(found.inputs)),
            Section("Outputs", _fields(found.outputs)),
            Section("Tensors", [(tensor.name, tensor.dtype, shape(tensor.shape)) for tensor in tensors]),
            Section("Findings", [(one.verdict, one.rule, one.path, one.message) for one in found.findings]),
            Section("Notes", text="\n".join(found.notes)),
        ),
    )


def _tensor_columns() -> "tuple[Column[Tensor], ...]":
    return (
        Column("NAME", lambda tensor: tensor.name, cut=True),
        Column("TYPE", lambda tensor: tensor.dtype),
        Column("SHAPE", lambda tensor: shape(tensor.shape)),
        Column("PARAMETERS", lambda tensor: tensor.parameters, number=True),
    )


def _fields(fields: "tuple[SignatureField, ...] | None") -> list[tuple[str, str, str, str]]:
    return [
        (
            field.name,
            field.dtype,
            "" if field.shape is None else shape(field.shape),
            "optional" if field.optional else "",
        )
        for field in fields or ()
    ]


def shape(extents: tuple[int | str | None, ...]) -> str:
    """Return a shape as people write it; a question mark for an extent that may be any."""
    return f"[{', '.join('?' if extent is None else str(extent) for extent in extents)}]"
