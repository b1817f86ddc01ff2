"""`metrics`: measurements of versions."""

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import show_json, show_record
from modelkeep.cli.parameters import METRIC_PAIR, unique

_EXAMPLE = examples("modelkeep metrics set fraud/scorer:1.4.0 auc=0.94 f1=0.88 --dataset holdout")


@click.group(cls=RegistryGroup, epilog=_EXAMPLE)
def metrics() -> None:
    """Record measurements of versions."""


@metrics.command("set", cls=RegistryCommand, epilog=_EXAMPLE)
@click.argument("reference", metavar="REF")
@click.argument("pairs", metavar="NAME=NUMBER...", type=METRIC_PAIR, nargs=-1, required=True)
@click.option("--dataset", help="What was measured on.")
@click.option("--slice", "part", help="The part of it that was measured.")
@click.option("--step", type=int, help="When in training.")
@pass_invocation
def set_metrics(
    invocation: Invocation,
    reference: str,
    pairs: tuple[tuple[str, float], ...],
    dataset: str | None,
    part: str | None,
    step: int | None,
) -> None:
    """Add measurements to a version; one of the same name, data set, slice and step takes the place of the old."""
    from modelkeep.client.records import Metric  # noqa: PLC0415 - not for --help

    measured = [Metric(name, value, dataset, part, step) for name, value in unique(pairs, "NAME=NUMBER").items()]
    with invocation.connect() as registry:
        version = registry.log_metrics(reference, measured)
    if invocation.as_json:
        show_json(version.document)
    else:
        show_record(
            {"changed": version.reference, "metrics": {metric.name: metric.value for metric in version.metrics}}
        )
