"""`gate`: what the gates of a move say, waivers of them, and checks by other systems."""

from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.errors import EXIT_CODES
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, hint, say, show_json, show_table
from modelkeep.cli.paging import WindowOptions, paged, show_list
from modelkeep.kernel.errors import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.gates import GateResult, Waiver


class WaiveOptions(TypedDict):
    """How a gate is waived."""

    reason: str
    expires: str
    whole_model: bool


@click.group(cls=RegistryGroup, epilog=examples("modelkeep gate check fraud/scorer:1.4.0 Production"))
def gate() -> None:
    """See what gates say of a version, and waive them."""


@gate.command("check", cls=RegistryCommand, epilog=examples("modelkeep gate check fraud/scorer:1.4.0 Production"))
@click.argument("reference", metavar="REF")
@click.argument("stage", metavar="STAGE")
@click.pass_context
@pass_invocation
def check_gates(invocation: Invocation, context: click.Context, reference: str, stage: str) -> None:
    """Evaluate the gates of the move of a version to a stage, now.

    Nothing is kept of it. Exits with 8 if a gate stops the move; approvals are another matter.
    """
    with invocation.connect() as registry:
        checked = registry.check_gates(reference, stage)
    if invocation.as_json:
        show_json(checked.document)
    else:
        show_table(checked.gates, _results())
        move = f"{checked.reference} from {checked.from_stage} to {checked.to_stage}"
        hint(f"No gate stops {move}." if checked.open else f"Gates stop {move}.")
    if not checked.open:
        context.exit(EXIT_CODES[Kind.BLOCKED])


@gate.command(
    "waive",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep gate waive fraud/scorer:2 scan --reason seen --expires 2027-01-31",
    ),
)
@click.argument("reference", metavar="REF")
@click.argument("gate_id", metavar="GATE")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is right to pass.")
@click.option("--expires", required=True, metavar="TIME", help="When the gate blocks again: a date, or a time.")
@click.option("--whole-model", is_flag=True, help="For every version of the model, those to come included.")
@pass_invocation
def waive(invocation: Invocation, reference: str, gate_id: str, **options: Unpack[WaiveOptions]) -> None:
    """Take it upon you that a gate does not hold. Not for versions that you made."""
    from modelkeep.kernel.references import parse_time  # noqa: PLC0415 - not for --help

    with invocation.connect() as registry:
        waiver = registry.waive_gate(
            reference,
            gate_id,
            reason=options["reason"],
            expires_at=parse_time(options["expires"]),
            whole_model=options["whole_model"],
        )
    if invocation.as_json:
        show_json(waiver.document)
    else:
        what = waiver.model if waiver.version_id is None else reference
        say(
            f"Gate {waiver.gate} of {what} is waived until {waiver.expires_at:%Y-%m-%d %H:%M} UTC (waiver {waiver.id})."
        )


@gate.command("waivers", cls=RegistryCommand, epilog=examples("modelkeep gate waivers fraud/scorer"))
@click.argument("model", metavar="MODEL")
@paged
@pass_invocation
def list_waivers(invocation: Invocation, model: str, **options: Unpack[WindowOptions]) -> None:
    """List the waivers of a model, those that have ended included, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.waivers(model), _waivers(), options)


@gate.command("unwaive", cls=RegistryCommand, epilog=examples("modelkeep gate unwaive fraud/scorer 01a20766-ca1f-77bc"))
@click.argument("model", metavar="MODEL")
@click.argument("waiver", metavar="WAIVER")
@pass_invocation
def unwaive(invocation: Invocation, model: str, waiver: str) -> None:
    """End a waiver before it expires: its gate blocks again."""
    with invocation.connect() as registry:
        ended = registry.end_waiver(model, waiver)
    if invocation.as_json:
        show_json(ended.document)
    else:
        say(f"Gate {ended.gate} of {ended.model} blocks again.")


@gate.command("token", cls=RegistryCommand, epilog=examples("modelkeep gate token fraud/scorer:1.4.0 load-test"))
@click.argument("reference", metavar="REF")
@click.argument("gate_id", metavar="GATE")
@click.option("--minutes", type=int, default=24 * 60, show_default=True, help="How long it lives, at most 7 days.")
@pass_invocation
def ask(invocation: Invocation, reference: str, gate_id: str, minutes: int) -> None:
    """Make a token by which another system answers once for an `external` gate. It is printed once."""
    with invocation.connect() as registry:
        asked = registry.ask_external_check(reference, gate_id, minutes=minutes)
    if invocation.as_json:
        show_json(asked.document)
        return
    say(asked.token or "")
    hint(f"It answers check {asked.id}: POST it to /api/v1/gates/external/{asked.id} with `passed`.")


def _results() -> "Sequence[Column[GateResult]]":
    return (
        Column("GATE", lambda item: item.gate),
        Column("KIND", lambda item: item.kind),
        Column("STATUS", lambda item: item.status),
        Column("STOPS", lambda item: "yes" if item.blocks else "no"),
        Column("WHY", lambda item: item.message),
    )


def _waivers() -> "Sequence[Column[Waiver]]":
    return (
        Column("ID", lambda item: item.id),
        Column("GATE", lambda item: item.gate),
        Column("FOR", lambda item: item.version_id or "every version"),
        Column("BY", lambda item: item.granted_by.name),
        Column("EXPIRES", lambda item: item.expires_at),
        Column("ENDED", lambda item: item.ended_at),
        Column("REASON", lambda item: item.reason, cut=True),
    )
