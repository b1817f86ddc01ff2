from modelkeep.client import ForbiddenError, UnexpectedAnswerError
from modelkeep.client.events import _messages, _refusal


def test_messages_are_read_whatever_pieces_they_come_in() -> None:
    sent = b'id: 7\n: \n\nid: 8\nevent: MODEL_CREATED\ndata: {"a":"\xc3\xb6"}\n\nid: 9\n'
    for size in (1, 3, 1000):
        pieces = [sent[start : start + size] for start in range(0, len(sent), size)]
        silent, told = _messages(pieces)
        assert (silent.id, silent.data) == ("7", "")
        assert (told.id, told.event, told.data) == ("8", "MODEL_CREATED", '{"a":"ö"}')


def test_an_error_in_a_stream_is_the_error_of_its_kind() -> None:
    error = _refusal('{"kind": "forbidden", "code": "access.forbidden", "detail": "no"}')
    assert (type(error), error.code, error.message) == (ForbiddenError, "access.forbidden", "no")
    assert type(_refusal('{"kind": "of a newer server"}')) is UnexpectedAnswerError
