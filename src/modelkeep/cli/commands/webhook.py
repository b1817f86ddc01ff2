"""`webhook`: subscriptions to what happens in the registry."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack, cast

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, can_ask, pass_invocation
from modelkeep.cli.output import Column, hint, say, show_json, show_record
from modelkeep.cli.paging import WindowOptions, paged, show_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelkeep.client.webhook_values import Webhook, WebhookDelivery
    from modelkeep.client.webhooks import EventSelection, WebhookChange

F = TypeVar("F", bound=Callable[..., Any])


class Selected(TypedDict):
    """What the options of `selecting` are passed on as."""

    types: tuple[str, ...]
    namespace: str | None
    model: str | None


class Changes(Selected):
    """What may change of a subscription."""

    name: str | None
    target: str | None
    template: str | None
    enabled: bool | None


def selecting(function: F) -> F:
    """Add the options that choose events."""
    for option in (
        click.option("--model", metavar="MODEL", help="Only what is about this model."),
        click.option("--namespace", metavar="NAMESPACE", help="Only what is about this namespace."),
        click.option("--type", "types", metavar="TYPE", multiple=True, help="Such as MODEL_*; may be given again."),
    ):
        function = option(function)
    return function


def selection(chosen: Selected) -> "EventSelection":
    """Return what was chosen, as the SDK takes it; nothing that was not given."""
    wanted: EventSelection = {}
    if chosen["types"]:
        wanted["types"] = chosen["types"]
    if chosen["namespace"] is not None:
        wanted["namespace"] = chosen["namespace"]
    if chosen["model"] is not None:
        wanted["model"] = chosen["model"]
    return wanted


@click.group(cls=RegistryGroup, epilog=examples("modelkeep webhook create ci https://ci.example.org/hook"))
def webhook() -> None:
    """Send what happens to other systems, signed and in order."""


@webhook.command(
    "create",
    cls=RegistryCommand,
    epilog=examples("modelkeep webhook create ci https://ci.example.org/in --type 'VERSION_*'"),
)
@click.argument("name", metavar="NAME")
@click.argument("target", metavar="URL")
@selecting
@click.option("--alert", is_flag=True, help="URL is the address of a chat or mail service; see the guide.")
@click.option("--template", metavar="TEXT", help="The message of an alert; default '{type}: {subject}'.")
@pass_invocation
def create_webhook(
    invocation: Invocation, name: str, target: str, *, alert: bool, template: str | None, **chosen: Unpack[Selected]
) -> None:
    """Subscribe to events from now on."""
    kind = "alert" if alert else "webhook"
    with invocation.connect() as registry:
        made = registry.create_webhook(name, target, kind=kind, template=template, **selection(chosen))
    _show_with_secret(invocation, made, f"{made.name} is subscribed: {made.id}")


@webhook.command("list", cls=RegistryCommand, epilog=examples("modelkeep webhook list"))
@paged
@pass_invocation
def list_webhooks(invocation: Invocation, **window: Unpack[WindowOptions]) -> None:
    """List subscriptions, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.list_webhooks(), _columns(), window)


@webhook.command("show", cls=RegistryCommand, epilog=examples("modelkeep webhook show ID"))
@click.argument("identity", metavar="ID")
@pass_invocation
def show_webhook(invocation: Invocation, identity: str) -> None:
    """Show a subscription, and how far it has come."""
    with invocation.connect() as registry:
        found = registry.get_webhook(identity)
    if invocation.as_json:
        show_json(found.document)
        return
    fields = {
        "webhook": found.id,
        "name": found.name,
        "kind": found.kind,
        "url": found.url,
        "types": found.types or "all",
        "namespace": found.namespace,
        "model": found.model,
        "owner": found.owner.name,
        "state": _state(found),
        "delivered up to": found.cursor,
        "revision": found.revision,
    }
    show_record(fields, [])


@webhook.command("update", cls=RegistryCommand, epilog=examples("modelkeep webhook update ID --disable"))
@click.argument("identity", metavar="ID")
@click.option("--name", metavar="NAME", help="What people know it by.")
@click.option("--to", "target", metavar="URL", help="Where to send.")
@click.option("--template", metavar="TEXT", help="The message of an alert.")
@click.option("--enable/--disable", "enabled", default=None, help="Switch it on or off.")
@selecting
@pass_invocation
def update_webhook(invocation: Invocation, identity: str, **given: Unpack[Changes]) -> None:
    """Change a subscription; what is selected is replaced as a whole. You are its owner from then on."""
    chosen = selection({"types": given["types"], "namespace": given["namespace"], "model": given["model"]})
    change = cast("WebhookChange", dict(chosen))
    if given["target"] is not None:
        change["url"] = given["target"]
    if given["enabled"] is not None:
        change["enabled"] = given["enabled"]
    if given["name"] is not None:
        change["name"] = given["name"]
    if given["template"] is not None:
        change["template"] = given["template"]
    if not change:
        raise click.UsageError("There is nothing to change: give an option.")
    with invocation.connect() as registry:
        changed = registry.update_webhook(identity, **change)
    _show(invocation, changed, f"{changed.name} is changed; it is {_state(changed)}.")


@webhook.command("delete", cls=RegistryCommand, epilog=examples("modelkeep webhook delete ID --yes"))
@click.argument("identity", metavar="ID")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_invocation
def delete_webhook(invocation: Invocation, identity: str, *, yes: bool) -> None:
    """Delete a subscription with its log of deliveries."""
    if not yes and not can_ask():
        raise click.UsageError("There is no terminal to ask on: give --yes to delete without a question.")
    with invocation.connect() as registry:
        found = registry.get_webhook(identity)
        if not yes:
            click.confirm(f"Delete the subscription {found.name}?", abort=True, err=True)
        registry.delete_webhook(identity, revision=None if yes else found.revision)
    _show(invocation, found, f"{found.name} is deleted.")


@webhook.command("rotate-secret", cls=RegistryCommand, epilog=examples("modelkeep webhook rotate-secret ID"))
@click.argument("identity", metavar="ID")
@click.option("--overlap", metavar="SECONDS", type=click.IntRange(0, 604_800), default=86_400, help="Default a day.")
@pass_invocation
def rotate_secret(invocation: Invocation, identity: str, overlap: int) -> None:
    """Issue a new secret; the old one stays good for the overlap."""
    with invocation.connect() as registry:
        rotated = registry.rotate_webhook_secret(identity, overlap_seconds=overlap)
    _show_with_secret(invocation, rotated, f"{rotated.name} has a new secret.")


@webhook.command("test", cls=RegistryCommand, epilog=examples("modelkeep webhook test ID"))
@click.argument("identity", metavar="ID")
@pass_invocation
def send_test(invocation: Invocation, identity: str) -> None:
    """Send a test now, and say what came of it."""
    with invocation.connect() as registry:
        _show_delivery(invocation, registry.test_webhook(identity))


@webhook.command("deliveries", cls=RegistryCommand, epilog=examples("modelkeep webhook deliveries ID --outcome dead"))
@click.argument("identity", metavar="ID")
@click.option("--outcome", type=click.Choice(["delivered", "failed", "dead"]), help="Only attempts that ended so.")
@paged
@pass_invocation
def list_deliveries(
    invocation: Invocation, identity: str, *, outcome: str | None, **window: Unpack[WindowOptions]
) -> None:
    """List the attempts of the last 30 days, the newest first."""
    with invocation.connect() as registry:
        show_list(invocation, registry.webhook_deliveries(identity, outcome=outcome), _delivery_columns(), window)


@webhook.command(
    "replay",
    cls=RegistryCommand,
    epilog=examples("modelkeep webhook replay ID --from 1200", "modelkeep webhook replay ID --event 1234"),
)
@click.argument("identity", metavar="ID")
@click.option("--from", "from_seq", metavar="SEQ", type=click.IntRange(0), help="All from this event on, in order.")
@click.option("--event", "seq", metavar="SEQ", type=click.IntRange(0), help="This event alone, now.")
@pass_invocation
def replay(invocation: Invocation, identity: str, from_seq: int | None, seq: int | None) -> None:
    """Send events again."""
    if (from_seq is None) == (seq is None):
        raise click.UsageError("Give --from or --event.")
    with invocation.connect() as registry:
        if seq is not None:
            _show_delivery(invocation, registry.deliver_event(identity, seq))
            return
        moved = registry.replay_webhook(identity, from_seq=from_seq or 0)
    _show(invocation, moved, f"{moved.name} begins again at event {from_seq}.")


def _show(invocation: Invocation, found: "Webhook", sentence: str) -> None:
    if invocation.as_json:
        show_json(found.document)
    else:
        say(sentence)


def _show_with_secret(invocation: Invocation, made: "Webhook", sentence: str) -> None:
    _show(invocation, made, sentence)
    if made.secret is not None and not invocation.as_json:
        say(f"secret: {made.secret}")
        hint("The secret is shown only now: its receiver needs it to verify signatures.")


def _show_delivery(invocation: Invocation, sent: "WebhookDelivery") -> None:
    if invocation.as_json:
        show_json(sent.document)
    else:
        answer = "no answer" if sent.status is None else f"status {sent.status}"
        say(f"{sent.outcome}: {answer} after {sent.latency_ms} ms. {sent.excerpt}".strip())


def _state(found: "Webhook") -> str:
    if found.disabled_at is not None:
        return f"disabled ({found.disabled_reason})"
    return f"failing, {found.failures} times" if found.failures else "active"


def _columns() -> "Sequence[Column[Webhook]]":
    return (
        Column("ID", lambda found: found.id),
        Column("NAME", lambda found: found.name, cut=True),
        Column("STATE", _state),
        Column("TYPES", lambda found: found.types or "all", cut=True),
        Column("ABOUT", lambda found: found.model or found.namespace, cut=True),
        Column("URL", lambda found: found.url, cut=True, wide=True),
    )


def _delivery_columns() -> "Sequence[Column[WebhookDelivery]]":
    return (
        Column("AT", lambda sent: sent.at),
        Column("EVENT", lambda sent: sent.seq, number=True),
        Column("TYPE", lambda sent: sent.type),
        Column("ATTEMPT", lambda sent: sent.attempt, number=True),
        Column("OUTCOME", lambda sent: sent.outcome),
        Column("STATUS", lambda sent: sent.status, number=True),
        Column("MS", lambda sent: sent.latency_ms, number=True),
        Column("ANSWER", lambda sent: sent.excerpt, cut=True, wide=True),
    )
