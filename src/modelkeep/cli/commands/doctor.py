"""`doctor`: whether everything between this machine and the registry is in order, and what to do where it is not."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import show_json
from modelkeep.cli.text import hanging, printable

if TYPE_CHECKING:
    from modelkeep.cli.examination import Finding


@click.command(cls=RegistryCommand, epilog=examples("modelkeep doctor --url https://models.example.org"))
@click.pass_context
@pass_invocation
def doctor(invocation: Invocation, context: click.Context) -> None:
    """Check everything between here and the registry.

    That is the settings, the server and what it depends on, the token, the versions, the clocks and the cache. Ends
    with exit code 1 when there is a problem, and says what to do about it.
    """
    from modelkeep.cli.examination import examine  # noqa: PLC0415 - not for --help

    findings = list(examine(invocation.url))
    healthy = all(finding.is_good for finding in findings)
    if invocation.as_json:
        show_json({"ok": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if not healthy:
        context.exit(1)


def _show(findings: "list[Finding]") -> None:
    for finding in findings:
        state = click.style(f"{finding.state:<7}", fg="green" if finding.is_good else "red")
        text = printable(f"{finding.detail} {finding.advice}".strip())
        click.echo(f"{finding.check:<9} {state}  {hanging(text, 19, sys.stdout)}")
