"""Writes the OpenAPI document, sorted, for the repository: `python -m modelkeep.app.openapi FILE`."""

import json
import sys
import tempfile
from pathlib import Path

from modelkeep.app.bootstrap import build
from modelkeep.app.server import create_app
from modelkeep.app.settings import Settings


def document() -> str:
    """Return the OpenAPI 3.1 document of every route, as text that differs only when the API does."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read({}, data_dir=Path(folder))
        services = build(settings)
        try:
            described = create_app(settings, services).openapi()
        finally:
            services.close()
    return json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
