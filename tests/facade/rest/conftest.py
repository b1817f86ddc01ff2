from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.facade.rest.registry import Rest, a_registry


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Rest]:
    with a_registry(tmp_path / "data") as registry:
        yield registry
