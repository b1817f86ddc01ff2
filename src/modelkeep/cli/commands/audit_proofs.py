"""`audit verify` and `audit proof`: whether the log is what was signed, and the proof of one entry."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

from modelkeep.cli.command import RegistryCommand, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import hint, say, show_json
from modelkeep.cli.parameters import FILE
from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError

if TYPE_CHECKING:
    from modelkeep.client.registry import Registry
    from modelkeep.client.verify_audit import Report


class AuditLogChangedError(RegistryError):
    """The audit log is not the one that was signed."""

    kind = Kind.CORRUPT
    code = "client.audit_log_changed"


class Given(TypedDict):
    """What the log is compared with."""

    vkey: tuple[str, ...]
    witness_key: tuple[str, ...]
    receipts: tuple[Path, ...]


@click.command(
    "verify",
    cls=RegistryCommand,
    epilog=examples(
        "modelkeep audit verify --remember ~/modelkeep-checkpoints",
        'modelkeep audit verify --export audit.jsonl --vkey "$VKEY" checkpoint.txt',
    ),
)
@click.argument("checkpoints", metavar="[CHECKPOINT]...", type=FILE, nargs=-1)
@click.option("--export", metavar="FILE", type=FILE, help="Verify this export, without the server.")
@click.option("--vkey", multiple=True, help="Key of the log; without it those that the server names.")
@click.option("--witness-key", metavar="VKEY", multiple=True, help="Key of a witness that must have signed; each must.")
@click.option("--receipts", metavar="FILE", type=FILE, multiple=True, help="Receipts to compare with.")
@click.option(
    "--remember",
    metavar="FILE",
    type=FILE,
    help="Compare with the checkpoints in this file, then add the newest.",
)
@pass_invocation
def verify(
    invocation: Invocation,
    checkpoints: tuple[Path, ...],
    export: Path | None,
    remember: Path | None,
    **given: Unpack[Given],
) -> None:
    """Verify the whole audit log against signed checkpoints, and name what was changed."""
    verifier = _verifier()
    kept = [*checkpoints, *([remember] if remember is not None and remember.exists() else [])]
    try:
        if export is not None:
            if not given["vkey"]:
                raise InvalidValueError("an export is verified with the key of its log: give it with --vkey")
            with export.open(encoding="utf-8") as lines:
                report = _verified(verifier, lines, _notes(kept), given)
            newest = None
        else:
            with invocation.connect() as registry:
                report, newest = _online(verifier, registry, kept, given)
    except verifier.UnverifiableError as error:
        raise InvalidValueError(f"it could not be verified: {error}") from error
    except OSError as error:
        raise InvalidValueError(f"{error.filename} cannot be read: {error.strerror}") from error
    if invocation.as_json:
        show_json(asdict(report))
    else:
        say("\n".join(verifier.told(report)))
    if not report.holds:
        raise AuditLogChangedError("the audit log is not the one that was signed; keep what you have and find out who")
    if remember is not None and newest is not None:
        with remember.open("a", encoding="utf-8") as file:
            file.write(f"{newest}\n")


@click.command("proof", cls=RegistryCommand, epilog=examples("modelkeep audit proof 41 -o 41.tlog-proof"))
@click.argument("seq", type=click.IntRange(0))
@click.option("-o", "--to", "target", metavar="FILE", type=FILE, help="The file.")
@pass_invocation
def proof(invocation: Invocation, seq: int, target: Path | None) -> None:
    """Write the proof of one entry, the `seq` of a receipt; it holds the entry and can be verified offline."""
    with invocation.connect() as registry:
        text = registry.audit_proof(seq)
    if target is None:
        click.echo(text, nl=False)
        return
    target.write_text(text, encoding="utf-8")
    hint(f"Wrote {target}.")


@click.command("checkpoint", cls=RegistryCommand, epilog=examples("modelkeep audit checkpoint | tee checkpoint.txt"))
@pass_invocation
def checkpoint(invocation: Invocation) -> None:
    """Show the newest signed checkpoint: keep it where nobody who runs the registry can change it."""
    with invocation.connect() as registry:
        note = registry.audit_checkpoint()
    if invocation.as_json:
        show_json({"note": note})
    else:
        click.echo(note, nl=False)


@click.command("keys", cls=RegistryCommand, epilog=examples("modelkeep audit keys"))
@pass_invocation
def keys(invocation: Invocation) -> None:
    """Show the keys that have signed the log, oldest first, with the sizes that each counts for."""
    with invocation.connect() as registry:
        found = registry.audit_keys()
    if invocation.as_json:
        show_json({"items": found})
    else:
        click.echo("\n".join(found))


PROOFS: Final = (verify, checkpoint, proof, keys)
"""The commands that the group `audit` has from here."""


def _online(verifier: ModuleType, registry: "Registry", kept: list[Path], given: Given) -> "tuple[Report, str]":
    """Verify what the server hands out now; the checkpoint comes first, so that the export covers it."""
    newest = registry.audit_checkpoint()
    if not given["vkey"]:
        hint("No --vkey was given: the keys are those that the server names, which a forger could choose.")
        given = {**given, "vkey": tuple(registry.audit_keys())}
    lines = _lines(registry.export_audit())
    return _verified(verifier, lines, [*_notes(kept), *newest.splitlines()], given), newest


def _verified(verifier: ModuleType, lines: Iterable[str], notes: Iterable[str], given: Given) -> "Report":
    receipts = "\n".join(path.read_text(encoding="utf-8") for path in given["receipts"])
    working = verifier.Verifier(
        [verifier.Key.parse(key) for key in given["vkey"]],
        verifier.read_checkpoints(notes),
        witnesses=[verifier.Key.parse(key) for key in given["witness_key"]],
        receipts=verifier.read_receipts(receipts),
    )
    for line in lines:
        working.feed(line)
    report: Report = working.finish()
    return report


def _notes(files: list[Path]) -> Iterator[str]:
    """Yield the lines of files with checkpoints."""
    with ExitStack() as stack:
        for file in files:
            yield from stack.enter_context(file.open(encoding="utf-8"))
            yield "\n"


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield whole lines of what comes in pieces."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode() for line in whole)
    if rest:
        yield rest.decode()


def _verifier() -> ModuleType:
    """Return the verifier, or say what it lacks."""
    from modelkeep.client.extras import verify_extra  # noqa: PLC0415 - not for --help

    with verify_extra():
        from modelkeep.client import verify_audit  # noqa: PLC0415 - needs the extra `verify`
    return verify_audit
