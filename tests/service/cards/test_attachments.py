"""Files that are attached to cards, on both databases."""

from datetime import timedelta

import pytest
from tests.builders import EVERYTHING, SCORER, a_model, a_version
from tests.cards import PDF, PNG
from tests.people import somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.audit import Erasure
from modelkeep.domains.cards import AttachmentService, NewAttachment
from modelkeep.domains.cards.domain import attachments as rules
from modelkeep.domains.cards.domain.errors import (
    AttachmentExistsError,
    AttachmentNotFoundError,
    InvalidAttachmentError,
)
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference

REFERENCE = Reference.parse(f"{SCORER}:1.0.0")
REPORT = NewAttachment("report.pdf", "application/pdf", PDF)
PLOT = NewAttachment("plot.png", "image/png", PNG, "A plot")


@pytest.fixture
def attachments(services: Services, admin: Actor) -> AttachmentService:
    a_model(services, admin)
    a_version(services, admin)
    return services.cards.attachments


def content(attachments: AttachmentService, actor: Actor, name: str, reference: Reference = REFERENCE) -> bytes:
    found = attachments.open(actor, reference, name)
    return b"".join(found.source.read(0, found.source.size))


def test_files_are_attached_listed_and_handed_out(attachments: AttachmentService, admin: Actor) -> None:
    made = attachments.attach(admin, REFERENCE, REPORT)
    attachments.attach(admin, REFERENCE, PLOT)
    listed = attachments.list(admin, REFERENCE, EVERYTHING).items
    assert [item.name for item in listed] == ["plot.png", "report.pdf"]
    assert listed[1].entry == made.receipt
    assert content(attachments, admin, "report.pdf") == PDF
    assert attachments.open(admin, REFERENCE, "plot.png").attachment.alt == "A plot"


def test_the_same_file_again_changes_nothing_and_another_is_refused(
    attachments: AttachmentService, admin: Actor
) -> None:
    attachments.attach(admin, REFERENCE, REPORT)
    assert attachments.attach(admin, REFERENCE, REPORT).receipt is None
    with pytest.raises(AttachmentExistsError, match="remove it first"):
        attachments.attach(admin, REFERENCE, NewAttachment("report.pdf", "application/pdf", PDF + b"2"))


def test_what_was_attached_is_read_as_of_then(attachments: AttachmentService, admin: Actor, clock: ManualClock) -> None:
    then = attachments.attach(admin, REFERENCE, REPORT).value.since
    clock.advance(timedelta(days=1))
    removed = attachments.remove(admin, REFERENCE, "report.pdf")
    attachments.attach(admin, REFERENCE, NewAttachment("report.pdf", "application/pdf", PDF + b"2"))
    assert removed.value.ended_by == admin.id
    assert content(attachments, admin, "report.pdf") == PDF + b"2"
    assert content(attachments, admin, "report.pdf", REFERENCE.at(then)) == PDF
    attachments.remove(admin, REFERENCE, "report.pdf")
    assert attachments.list(admin, REFERENCE, EVERYTHING).items == ()
    assert [item.name for item in attachments.list(admin, REFERENCE.at(then), EVERYTHING).items] == ["report.pdf"]
    with pytest.raises(AttachmentNotFoundError):
        attachments.open(admin, REFERENCE, "report.pdf")
    with pytest.raises(AttachmentNotFoundError):
        attachments.remove(admin, REFERENCE, "report.pdf")


def test_what_is_called_by_nobodys_name_any_more_is_told_apart(
    attachments: AttachmentService, services: Services, admin: Actor, clock: ManualClock
) -> None:
    for name in ("ada.pdf", "joan.pdf", "(erased) ada.pdf"):
        attachments.attach(admin, REFERENCE, NewAttachment(name, "application/pdf", PDF))
    then = REFERENCE.at(clock())
    clock.advance(timedelta(days=1))
    for name in ("ada.pdf", "joan.pdf", "(erased) ada.pdf"):
        attachments.remove(admin, REFERENCE, name)
    erasure = Erasure("asked for", within=str(SCORER))
    assert services.audit_privacy.erase(admin, erasure).receipt is not None
    assert services.audit_privacy.erase(admin, erasure).receipt is None
    names = [item.name for item in attachments.list(admin, then, EVERYTHING).items]
    assert len(set(names)) == 3
    assert not [name for name in names if "ada" in name or "joan" in name]
    assert {content(attachments, admin, name, then) for name in names} == {PDF}


def test_names_are_texts_of_the_log_and_digests_its_data(
    attachments: AttachmentService, services: Services, admin: Actor
) -> None:
    made = attachments.attach(admin, REFERENCE, PLOT).value
    entry = services.audit_reader.read(0, 500)[-1]
    assert (entry.action, entry.subject) == ("cards.attachment_added", str(REFERENCE))
    assert entry.data == {
        "version_id": made.version_id,
        "digest": str(made.digest),
        "size": len(PNG),
        "media_type": "image/png",
    }


def test_a_version_has_so_many_and_no_more(
    attachments: AttachmentService, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelkeep.domains.cards.service.attachments.MAX_ATTACHMENTS", 1)
    attachments.attach(admin, REFERENCE, REPORT)
    with pytest.raises(InvalidAttachmentError, match="no more are kept"):
        attachments.attach(admin, REFERENCE, PLOT)
    assert rules.MAX_ATTACHMENTS == 200


def test_who_reads_the_version_reads_what_is_attached_and_others_attach_nothing(
    attachments: AttachmentService, services: Services, admin: Actor
) -> None:
    attachments.attach(admin, REFERENCE, REPORT)
    lawyer = somebody(services, ("LEGAL", "fraud"))
    assert content(attachments, lawyer, "report.pdf") == PDF
    with pytest.raises(ForbiddenError):
        attachments.attach(lawyer, REFERENCE, PLOT)
    with pytest.raises(ForbiddenError):
        attachments.remove(lawyer, REFERENCE, "report.pdf")
