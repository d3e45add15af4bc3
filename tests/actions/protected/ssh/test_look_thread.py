"""The thread of the looks: it comes with the first jail and goes with the last."""

from __future__ import annotations

import threading

from demo.lab.wait import wait_until
from ideolab_f2b.actions.protected.ssh.look_thread import LookThread
from ideolab_f2b.actions.protected.ssh.sessions import SshSessions


class Sessions(SshSessions):
    """Notes in which thread it is asked to look."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[threading.Thread] = []

    def look(self) -> float:
        self.threads.append(threading.current_thread())
        return 0.0


def test_it_looks_until_the_last_jail_goes() -> None:
    """One thread for all jails, which a pass of the reconcile thread cannot hold up."""
    sessions = Sessions()
    subject = LookThread(sessions)
    assert sessions.threads == []
    subject.add("a", lambda: None)
    subject.add("a", lambda: None)
    subject.add("b", lambda: None)
    wait_until(lambda: len(sessions.threads) > 2, "looks")
    subject.remove("a")
    count = len(sessions.threads)
    wait_until(lambda: len(sessions.threads) > count + 2, "looks for the other jail")
    subject.remove("b")
    subject.remove("b")

    (thread,) = set(sessions.threads)
    assert (thread.name, thread.daemon) == ("ideolab-ssh", True)
    thread.join(10)
    assert not thread.is_alive()
    assert subject._thread is None


def test_it_comes_again() -> None:
    """A server stops and starts its jails in one process."""
    sessions = Sessions()
    subject = LookThread(sessions)
    for _round in range(3):
        subject.add("a", lambda: None)
        count = len(sessions.threads)
        wait_until(lambda count=count: len(sessions.threads) > count, "a look")  # type: ignore[misc]
        subject.remove("a")
    wait_until(lambda: subject._thread is None, "the end of the thread")
    assert sessions._listeners == {}
