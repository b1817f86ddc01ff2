"""`deprecate`: versions that should no longer be used."""

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import say, show_json
from modelkeep.cli.views import deprecated


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep deprecate fraud/scorer:1.4.0 --successor fraud/scorer:2.0.0",
        "modelkeep deprecate fraud/scorer:1.4.0 --until 2027-06-30",
        "modelkeep deprecate fraud/scorer:1.4.0 --undo",
    ),
)
@click.argument("reference", metavar="REF")
@click.option("--until", metavar="TIME", help="Until when it can be used: a date, or a time with its zone.")
@click.option("--successor", metavar="REF", help="What to use instead.")
@click.option("--notice", default="", help="What else its users should know.")
@click.option("--undo", is_flag=True, help="Take it back.")
@pass_invocation
def deprecate(
    invocation: Invocation, reference: str, until: str | None, successor: str | None, notice: str, *, undo: bool
) -> None:
    """Say that a version should no longer be used.

    Whoever shows, resolves or pulls it is told. It stays in its stage, and can be used.
    """
    from modelkeep.kernel.references import parse_time  # noqa: PLC0415 - not for --help

    if undo and (until or successor or notice):
        raise click.UsageError("--undo takes nothing else: give it alone.")
    with invocation.connect() as registry:
        if undo:
            version = registry.undeprecate_version(reference)
        else:
            ends_at = None if until is None else parse_time(until)
            version = registry.deprecate_version(reference, ends_at=ends_at, successor=successor, notice=notice)
    if invocation.as_json:
        show_json(version.document)
    elif version.deprecation is None:
        say(f"{version.reference} is not deprecated.")
    else:
        say(f"{version.reference} is deprecated {deprecated(version)['deprecated']}.")
