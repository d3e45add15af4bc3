"""Imports again and again until a signal ends it; an outage of the database or the file is waited out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import Error as DatabaseFault
from django.db import close_old_connections

from ideolab_accesslog.events.fault import describe
from ideolab_accesslog.events.file.watch import FileWatch
from ideolab_accesslog.events.importer import Importer
from ideolab_accesslog.events.store import ImportCounts
from ideolab_accesslog.scheduler import close_connections, give_back_connections
from ideolab_f2b.notify import Notifier

#: seconds between two imports: one transaction for what a second brings
PAUSE_S = 1.0
#: seconds of the first wait after a fault; each further one is twice as long
FAULT_S = 1.0
#: seconds of the longest wait after a fault
FAULT_MAX_S = 30.0


class Follower:
    """The loop of --follow; `say` takes one sentence for each outage and one for its end."""

    def __init__(
        self,
        importer: Importer,
        watch: FileWatch,
        notifier: Notifier,
        say: Callable[[str], object],
        ending: threading.Event,
    ) -> None:
        """`ending` is what the importer looks at too."""
        self._importer = importer
        self._watch = watch
        self._notifier = notifier
        self._say = say
        self._ending = ending
        #: why nothing can be imported now, "" while it can
        self._fault = ""
        self._fault_s = 0.0
        self.counts = ImportCounts()

    def end(self) -> None:
        """End the loop after the batch that is being stored; a signal handler may call it."""
        self._ending.set()
        self._watch.wake()

    def run(self) -> ImportCounts:
        """Import until `end`; return the sums."""
        while not self._ending.is_set():
            began = time.monotonic()
            self._turn()
            self._notifier.work(self._describe)
            if self._fault_s:
                self._watch.pause(self._fault_s)
            elif not self._ending.is_set():
                self._watch.wait()
                self._watch.pause(max(0.0, began + PAUSE_S - time.monotonic()))
        self._notifier.stop()
        return self.counts

    def _turn(self) -> None:
        try:
            close_old_connections()
            self.counts = self.counts.add(self._importer.run())
        except FileNotFoundError as error:
            # the watch tells of the first event, which nobody should wait for
            self._say_outage(error)
            self._fault_s = 0.0
        except (DatabaseFault, OSError) as error:
            self._say_outage(error)
            self._fault_s = min(FAULT_MAX_S, self._fault_s * 2 or FAULT_S)
            close_connections()
        else:
            if self._fault:
                self._say("the import goes on")
            self._fault, self._fault_s = "", 0.0
        give_back_connections()

    def _say_outage(self, error: Exception) -> None:
        is_new, self._fault = not self._fault, describe(error)
        if is_new:
            self._say(f"{self._fault}; it is tried again, and nothing is lost")

    def _describe(self) -> str:
        counts = self.counts
        return self._fault or f"imported {counts.imported}, rejected {counts.rejected}"
