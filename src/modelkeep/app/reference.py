"""Writes the reference of the command line for the documentation: `python -m modelkeep.app.reference FILE`."""

import sys
from pathlib import Path

from modelkeep.app.main import program
from modelkeep.cli.reference import reference

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(program()), encoding="utf-8")
