"""`push` and `pull`: the bytes of models."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack, cast

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import show_json, show_record
from modelkeep.cli.parameters import AS_OF, METRIC_PAIR, PAIR, scalar, unique
from modelkeep.cli.progress import TransferProgress
from modelkeep.cli.text import counted, size
from modelkeep.cli.views import deprecated, identity

if TYPE_CHECKING:
    from modelkeep.client.model_versions import ModelVersion
    from modelkeep.client.records import Bump, VersionRecord
    from modelkeep.kernel.canonical_json import Json

BUMPS = ("auto", "major", "minor", "patch")
RELATIONS = ("fine-tune", "adapter", "quantized", "distilled", "merged")


class PushOptions(TypedDict):
    """What `push` is told of the version."""

    bump: "Bump | None"
    version: str | None
    force_version: str | None
    message: str
    description: str
    metric: tuple[tuple[str, float], ...]
    param: tuple[tuple[str, str], ...]
    tag: tuple[tuple[str, str], ...]
    training_data: tuple[str, ...]
    validation_data: tuple[str, ...]
    parent: tuple[str, ...]
    relation: str
    image: str | None
    lock_file: str | None
    signature: Path | None
    no_git: bool


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep push ./model fraud/scorer --metric auc=0.94 --tag team=risk",
        "modelkeep push model.onnx fraud/scorer --version 2.0.0 -m 'new features'",
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("model")
@click.option("--bump", metavar="PART", type=click.Choice(BUMPS), help="auto (default), major, minor or patch.")
@click.option("--version", metavar="X.Y.Z", help="The exact version, in place of --bump.")
@click.option("--force-version", metavar="REASON", help="Why the version may say less than its content changes.")
@click.option("-m", "--message", default="", help="Why this version was made.")
@click.option("--description", default="", help="What it is, for its page.")
@click.option("--metric", type=METRIC_PAIR, multiple=True, help="A measurement; may be repeated, as may those below.")
@click.option("--param", type=PAIR, multiple=True, help="A hyperparameter; numbers, true and false are kept as such.")
@click.option("--tag", type=PAIR, multiple=True, help="A tag.")
@click.option("--training-data", metavar="URI", multiple=True, help="A data set it was trained on.")
@click.option("--validation-data", metavar="URI", multiple=True, help="A data set it was validated on.")
@click.option("--parent", metavar="REF", multiple=True, help="A version or URI that it came from.")
@click.option(
    "--relation",
    metavar="HOW",
    type=click.Choice(RELATIONS),
    default=RELATIONS[0],
    help="fine-tune (default), adapter, quantized, distilled or merged.",
)
@click.option("--image", metavar="IMAGE@DIGEST", help="The container image of the training.")
@click.option("--lock-file", metavar="PATH", help="A lock file among the files pushed, or its digest.")
@click.option("--signature", metavar="FILE", type=click.Path(path_type=Path), help="JSON of its inputs and outputs.")
@click.option("--no-git", is_flag=True, help="Do not record the git commit of this folder.")
@pass_invocation
def push(invocation: Invocation, path: Path, model: str, **options: Unpack[PushOptions]) -> None:
    """Store a file or folder as a new version of a model.

    The model is made if it is not there. Only what the registry lacks is sent, and an interrupted push goes on where
    it stopped.
    """
    record = _record(options)
    with invocation.connect() as registry, TransferProgress() as progress:
        version = registry.push(path, model, progress=progress, detect_code=not options["no_git"], **record)
    if invocation.as_json:
        show_json(version.document)
        return
    sent = progress.totals.get("uploading", 0)
    answer = {
        **identity(version),
        "files": _sent(version, sent),
        "notes": "; ".join(version.notes),
        "next": f"modelkeep pull {version.reference}",
    }
    show_record(answer)


@click.command(
    cls=RegistryCommand,
    epilog=examples("modelkeep pull fraud/scorer@champion ./model", "modelkeep pull fraud/scorer:^1.2"),
)
@click.argument("reference", metavar="REF")
@click.argument("destination", metavar="[DEST]", type=click.Path(path_type=Path), required=False)
@click.option("--force", "--overwrite", "overwrite", is_flag=True, help="Replace files that are in the way.")
@AS_OF
@pass_invocation
def pull(
    invocation: Invocation, reference: str, destination: Path | None, as_of: str | None, *, overwrite: bool
) -> None:
    """Bring the files of a version here, verified.

    They go into DEST, or into ./MODEL-VERSION. What was pulled before comes from the cache, and an interrupted pull
    goes on where it stopped.
    """
    from modelkeep.kernel.references import Reference  # noqa: PLC0415 - not for --help

    with invocation.connect() as registry, TransferProgress() as progress:
        version = registry.resolve(reference, as_of=as_of)
        then = as_of or Reference.parse(reference).as_of
        path = registry.pull(version.reference, destination, progress=progress, overwrite=overwrite, as_of=then)
    if invocation.as_json:
        show_json({"path": str(path), "version": version.document})
        return
    received = progress.totals.get("downloading", 0)
    show_record({**identity(version), "files": _received(version, received), "path": path, **deprecated(version)})


def _record(options: PushOptions) -> "VersionRecord":
    from modelkeep.client.records import Environment, Parent  # noqa: PLC0415 - not for --help

    if options["bump"] and options["version"]:
        raise click.UsageError("--bump and --version exclude each other: give one of them.")
    record: VersionRecord = {
        "bump": options["bump"] or "auto",
        "message": options["message"],
        "description": options["description"],
        "metrics": unique(options["metric"], "--metric"),
        "params": {key: scalar(text) for key, text in unique(options["param"], "--param").items()},
        "tags": unique(options["tag"], "--tag"),
        "training_data": options["training_data"],
        "validation_data": options["validation_data"],
        "parents": [Parent(parent, options["relation"]) for parent in options["parent"]],
    }
    if options["version"]:
        del record["bump"]
        record["version"] = options["version"]
    if options["force_version"]:
        record["force_version"] = options["force_version"]
    if options["image"] or options["lock_file"]:
        record["environment"] = Environment(options["image"], options["lock_file"])
    if options["signature"]:
        record["signature"] = _read_json(options["signature"])
    return record


def _read_json(path: Path) -> "Json":
    try:
        return cast("Json", json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{path} is no file of JSON ({error}).", param_hint="'--signature'") from error


def _sent(version: "ModelVersion", sent: int) -> str:
    whole = f"{counted(version.file_count, 'file')}, {size(version.total_size)}"
    known = version.total_size - sent
    if known <= 0:
        return f"{whole}, all of it sent"
    return f"{whole}; {size(sent)} sent, {size(known)} ({known / version.total_size:.0%}) were here before"


def _received(version: "ModelVersion", received: int) -> str:
    whole = f"{counted(version.file_count, 'file')}, {size(version.total_size)}"
    known = version.total_size - received
    return f"{whole}; {size(received)} downloaded, {size(known)} from the cache" if known > 0 else whole
