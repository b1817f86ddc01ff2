import json
import logging
from collections.abc import Iterator

import pytest

from modelkeep.platform.telemetry import configure_logging, current_request_id


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_of_json_names_its_request_and_has_no_codes_for_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=True, level="info")
    token = current_request_id.set("r-1")
    logging.getLogger("uvicorn.error").info("Started %d", 7, extra={"color_message": "Started \x1b[36m%d\x1b[0m"})
    current_request_id.reset(token)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("asctime")
    assert line == {"level": "INFO", "name": "uvicorn.error", "message": "Started 7", "request_id": "r-1"}


def test_a_line_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json=False, level="warning")
    logging.getLogger("modelkeep").info("nothing to see")
    assert not capsys.readouterr().err


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_secret_that_came_in_the_place_of_a_name_is_not_written(
    capsys: pytest.CaptureFixture[str], *, json_lines: bool
) -> None:
    secrets = ["mkp_" + "0aZ" * 12, "whsec_" + "ab/+" * 10 + "abc="]
    configure_logging(json=json_lines, level="info")
    logging.getLogger("modelkeep").error("GET /tokens/%s", secrets[0], exc_info=LookupError(secrets[1]))
    written = capsys.readouterr().err
    assert not [secret for secret in secrets if secret in written]
    assert "GET /tokens/mkp_[redacted]" in written
    assert "LookupError: whsec_[redacted]" in written
