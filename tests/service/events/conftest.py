from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registries import settings_for
from tests.servers.webhooks import Receiver, receiving

from modelkeep.app.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A registry that may send requests to this machine."""
    return replace(settings_for(tmp_path, database_url), outbound_allow="127.0.0.1")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running
