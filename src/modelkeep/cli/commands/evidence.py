"""`evidence`: what the registry knows of a version, in one file; and verifying one."""

from pathlib import Path

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import hint, say, show_json
from modelkeep.cli.parameters import FILE
from modelkeep.kernel.errors import Kind, RegistryError


class PackChangedError(RegistryError):
    """An evidence pack is not the one that was signed."""

    kind = Kind.CORRUPT
    code = "client.pack_changed"


@click.command(cls=RegistryCommand, epilog=examples("modelkeep evidence fraud/scorer:1.4.0 -o pack.zip"))
@click.argument("reference", metavar="REF")
@click.option("-o", "--to", "to", metavar="FILE", type=FILE, required=True, help="The file to write.")
@click.option("--no-personal", is_flag=True, help="Without texts that people typed, and their names.")
@pass_invocation
def evidence(invocation: Invocation, reference: str, to: Path, *, no_personal: bool) -> None:
    """Write all evidence about a version.

    The zip holds its record, lineage, signatures, findings and audit entries with proofs, under one signed list.
    'modelkeep verify FILE' verifies it offline. The audit log says that it was handed out.
    """
    with invocation.connect() as registry:
        written = registry.evidence(reference, to, personal=not no_personal)
    if invocation.as_json:
        show_json({"file": str(written)})
    else:
        say(f"Wrote {written}; verify it with: modelkeep verify {written} --vkey VKEY")


def verify_pack_file(invocation: Invocation, pack: Path, vkeys: tuple[str, ...]) -> None:
    """Verify an evidence pack, and say of each part whether it holds."""
    from modelkeep.client.extras import verify_extra  # noqa: PLC0415 - not for --help

    with verify_extra():
        from modelkeep.client.verify_pack import verify_pack  # noqa: PLC0415 - needs the extra `verify`
    if not vkeys:
        hint("No --vkey was given: the keys are those that the pack brings, which a forger could choose.")
    report = verify_pack(pack, vkeys)
    if invocation.as_json:
        show_json(report.document)
    else:
        say(f"{report.reference}, as of {report.made_at}")
        for part in report.parts:
            say(f"{'holds' if part.holds else 'FAILS'}  {part.part}: {part.said}")
            for fault in part.faults:
                say(f"       {fault}")
    if not report.holds:
        raise PackChangedError(f"{pack} is not the pack that was signed")
