import pytest
from tests.cards import PDF, PNG

from modelkeep.domains.cards.domain.attachments import MAX_ATTACHMENT, NewAttachment
from modelkeep.domains.cards.domain.errors import InvalidAttachmentError


@pytest.mark.parametrize(
    ("media_type", "data"),
    [
        ("application/pdf", PDF),
        ("image/png", PNG),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/gif", b"GIF89a"),
        ("image/webp", b"RIFF\0\0\0\0WEBPVP8 "),
    ],
)
def test_documents_and_pictures_are_taken(media_type: str, data: bytes) -> None:
    new = NewAttachment("a", media_type, data, "What it shows")
    assert new.checked() is new


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (NewAttachment("a.svg", "image/svg+xml", b"<svg/>", "x"), "SVG and HTML are programs"),
        (NewAttachment("a.html", "text/html", b"<html>"), "cannot be attached"),
        (NewAttachment("a", "", PDF), "cannot be attached"),
        (NewAttachment("a.png", "image/png", b"<svg onload=alert(1)>", "x"), "bytes are not image/png"),
        (NewAttachment("a.webp", "image/webp", b"RIFF\0\0\0\0WAVE", "x"), "bytes are not image/webp"),
        (NewAttachment("a.pdf", "application/pdf", b""), "0 bytes"),
        (NewAttachment("a.pdf", "application/pdf", PDF + bytes(MAX_ATTACHMENT)), "an attachment has 1 to"),
        (NewAttachment("a.png", "image/png", PNG, " "), "needs 'alt'"),
        (NewAttachment("a.png", "image/png", PNG, "x" * 2001), "2000 characters"),
        (NewAttachment("a.png", "image/png", PNG, "\ud800"), "well-formed"),
        *(
            (NewAttachment(name, "application/pdf", PDF), "no name of an attachment")
            for name in ("", ".", "..", "a/b", "a\\b", "a\nb", " a", "x" * 256, 'a"b', ".hidden")
        ),
    ],
)
def test_what_could_harm_or_says_nothing_is_refused(new: NewAttachment, problem: str) -> None:
    with pytest.raises(InvalidAttachmentError, match=problem):
        new.checked()
