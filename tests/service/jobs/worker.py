"""A process that does jobs until it is stopped: `python -m tests.service.jobs.worker DATABASE FOLDER LEASE`.

Each run of a job adds a line to `FOLDER/runs`. While `FOLDER/hang` is there, a run hangs after that.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from threading import Event

from tests.service.jobs.counting import Counted

from modelkeep.kernel.clock import system_clock
from modelkeep.kernel.ids import new_id
from modelkeep.platform.database import Database, open_engines
from modelkeep.platform.jobs import Done, JobKind, JobRunner, JobStore, Outcome, Work


def main(url: str, folder: Path, lease: timedelta) -> None:
    runs = os.open(folder / "runs", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def handle(work: Work) -> Outcome:
        os.write(runs, f"{work.job.key}\n".encode())
        while (folder / "hang").exists():
            time.sleep(0.02)
        return Done()

    database = Database(open_engines(url, pool_size=8))
    store = JobStore(database, system_clock, new_id)
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with JobRunner(store, [JobKind("test", handle)], metrics=Counted(), poll=0.05, lease=lease):
        while not stop.wait(0.05):
            pass
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), timedelta(seconds=float(sys.argv[3])))
