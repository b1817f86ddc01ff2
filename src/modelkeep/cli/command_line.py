"""The root command and its parts."""

from typing import Final

import click

from modelkeep.cli.command import Program, examples
from modelkeep.cli.commands.access import access
from modelkeep.cli.commands.alias import alias
from modelkeep.cli.commands.approvals import approvals, live
from modelkeep.cli.commands.audit import audit
from modelkeep.cli.commands.audit_privacy import PRIVACY_COMMANDS
from modelkeep.cli.commands.audit_proofs import PROOFS
from modelkeep.cli.commands.card import card
from modelkeep.cli.commands.card_schema import schema
from modelkeep.cli.commands.completion import completion
from modelkeep.cli.commands.config import config
from modelkeep.cli.commands.deletion import delete, restore
from modelkeep.cli.commands.deprecation import deprecate
from modelkeep.cli.commands.diff import diff
from modelkeep.cli.commands.doctor import doctor
from modelkeep.cli.commands.events import events, job
from modelkeep.cli.commands.evidence import evidence
from modelkeep.cli.commands.finding import list_models, resolve, search, show, versions
from modelkeep.cli.commands.gate import gate
from modelkeep.cli.commands.group import group
from modelkeep.cli.commands.inbox import delegation, inbox
from modelkeep.cli.commands.inspect import inspect
from modelkeep.cli.commands.login import login, logout, whoami
from modelkeep.cli.commands.login_provider import login_provider
from modelkeep.cli.commands.metrics import metrics
from modelkeep.cli.commands.policy import policy
from modelkeep.cli.commands.principal import principal, service_account
from modelkeep.cli.commands.promotion import approve, comment, promote, reject, requests, review, stages, why, withdraw
from modelkeep.cli.commands.publisher import publisher
from modelkeep.cli.commands.quarantine import quarantine, release
from modelkeep.cli.commands.role import role
from modelkeep.cli.commands.rollback import break_glass, data, rollback
from modelkeep.cli.commands.signing import sign, verify
from modelkeep.cli.commands.signing_key import signing_key
from modelkeep.cli.commands.tag import tag
from modelkeep.cli.commands.token import token
from modelkeep.cli.commands.transfers import pull, push
from modelkeep.cli.commands.webhook import webhook

_SECTIONS: Final[dict[str, tuple[click.Command, ...]]] = {
    "Models and versions": (push, pull, list_models, show, versions, search, resolve, inspect, diff),
    "Facts about them": (card, tag, alias, metrics, delete, restore, deprecate, quarantine, release),
    "From stage to stage": (
        promote,
        approve,
        reject,
        comment,
        review,
        inbox,
        requests,
        stages,
        approvals,
        live,
        why,
        withdraw,
        delegation,
    ),
    "When something is wrong": (rollback, break_glass, data),
    "Who stands for them": (sign, verify, signing_key, evidence),
    "What moves ask for": (policy, gate),
    "Who may do what": (access, role, group, principal, service_account),
    "What was done": (audit,),
    "What happens": (webhook, events, job),
    "Who gets in": (token, publisher, login_provider),
    "This machine": (login, logout, whoami, doctor, config, completion),
}


@click.group(
    cls=Program,
    sections={title: [str(command.name) for command in commands] for title, commands in _SECTIONS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("modelkeep push ./model fraud/scorer", "modelkeep pull fraud/scorer:^1.2"),
)
@click.version_option(package_name="modelkeep", prog_name="modelkeep", message="%(prog)s %(version)s")
def command_line() -> None:
    """Modelkeep, an AI model registry."""


for _command in (*PRIVACY_COMMANDS, *PROOFS):
    audit.add_command(_command)
card.add_command(schema)
for _command in (command for commands in _SECTIONS.values() for command in commands):
    command_line.add_command(_command)
