"""Runs benchmarks and prints their tables: `python -m benchmarks [NAME…] [--quick] [--large] [--postgresql]`."""

import argparse
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks import access, audit, inspection, promotion, registry, scale, startup, transfer
from benchmarks.report import Table, machine
from benchmarks.workspace import Options, say

BENCHES: Final[dict[str, Callable[[Options], Iterator[Table]]]] = {
    "transfer": transfer.run,
    "registry": registry.run,
    "startup": startup.run,
    "scale": scale.run,
    "audit": audit.run,
    "access": access.run,
    "inspection": inspection.run,
    "promotion": promotion.run,
}


def main() -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="reduced sizes and one round, to see that it runs")
    parser.add_argument("--large", action="store_true", help="scale: 1,000,000 versions instead of 50,000")
    parser.add_argument("--postgresql", action="store_true", help="registry: on PostgreSQL as well")
    arguments = parser.parse_args()
    options = Options(quick=arguments.quick, large=arguments.large, postgresql=arguments.postgresql)
    print(f"{machine()}\n", flush=True)
    for name in arguments.names or BENCHES:
        say(f"== {name}")
        for table in BENCHES[name](options):
            print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
