"""What all tests share."""

import gc
import os
import sys

from hypothesis import HealthCheck, settings
from tests.statements import share_compiled_statements

pytest_plugins = ["tests.servers.fixtures", "tests.shipped_models"]

# Tests start hundreds of processes of Python: each would compile all that it imports. Images of containers set this.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

share_compiled_statements()

# A machine that does other work beside is slow: that says nothing about what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays to the end: thousands of tests, and all modules."""
    gc.collect()
    gc.freeze()
