"""Notes, checkpoints and keys have the forms of C2SP, to the byte."""

import pytest

from modelkeep.domains.audit.domain.checkpoints import (
    Checkpoint,
    InclusionProof,
    cosignature_payload,
    cosigned_message,
    read_cosignature,
)
from modelkeep.domains.audit.domain.signed_notes import (
    COSIGNATURE,
    ED25519,
    MalformedNoteError,
    NoteSignature,
    SignedNote,
    VerifierKey,
    parse_signatures,
)

# The example that the specifications of checkpoint and cosignature share.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501 - signature lines are not wrapped

# The key that the documentation of golang.org/x/mod/sumdb/note uses.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_the_example_of_the_specification_is_read_and_written_to_the_byte() -> None:
    note = SignedNote.parse(EXAMPLE)
    assert str(note) == EXAMPLE
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == note.text
    log, witness = note.signatures
    assert (log.name, len(log.payload)) == (checkpoint.origin, 64)
    time, signature = read_cosignature(witness.payload)
    assert (time, len(signature)) == (1679315147, 64)
    assert cosignature_payload(time, signature) == witness.payload


def test_the_message_of_a_cosignature_is_that_of_the_specification() -> None:
    text = SignedNote.parse(EXAMPLE).text
    assert cosigned_message(1679315147, text) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_a_key_of_another_program_is_read_and_written_to_the_byte() -> None:
    key = VerifierKey.parse(f"{KEY}\n")
    assert (key.name, key.kind, len(key.public), str(key)) == ("PeterNeumann", ED25519, 32, KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        KEY.replace("c74f20a3", "c74f20a4"),
        KEY.replace("Peter", "Petra"),
        KEY[:-4],
        f"two words{KEY.removeprefix('PeterNeumann')}",
        "PeterNeumann+c74f20a3+***",
    ],
)
def test_a_damaged_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name *AAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 65,
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(MalformedNoteError):
        SignedNote.parse(note)


@pytest.mark.parametrize(
    "text",
    ["", "log\n1\n", "log\n01\nAAAA\n", "log\n-1\nAAAA\n", "log\n1\nAAAA\n", f"\n1\n{'A' * 43}=\n", "log\n1\n***\n"],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        Checkpoint.parse(text)


def test_a_signature_takes_the_place_of_an_older_one_of_its_key() -> None:
    old, other, new = (
        NoteSignature(*line) for line in (("w", b"1234", b"a"), ("w", b"5678", b"b"), ("w", b"1234", b"c"))
    )
    note = SignedNote("text\n").signed(old, other).signed(new)
    assert note.signatures == (other, new)
    assert parse_signatures(f"{other}\n{new}\n") == note.signatures


def test_a_line_belongs_to_a_key_by_name_and_id() -> None:
    log, witness = (VerifierKey("log", kind, b"k" * 32) for kind in (ED25519, COSIGNATURE))
    assert log.id != witness.id
    assert NoteSignature("log", log.id, b"s").by(log)
    assert not NoteSignature("log", log.id, b"s").by(witness)
    assert not NoteSignature("other", log.id, b"s").by(log)


def test_a_proof_is_a_file_of_the_form_of_the_specification() -> None:
    note = SignedNote.parse(EXAMPLE)
    proof = InclusionProof(7, b"l" * 32, b"leaf", (b"\0" * 32, b"\1" * 32), 20852163, note)
    assert proof.file == (
        "c2sp.org/tlog-proof@v1\nextra bGVhZg==\nindex 7\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n" + EXAMPLE
    )
