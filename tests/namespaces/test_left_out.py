"""More namespaces listen than one answer tells of."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Optional, cast

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.namespaces.ask import ask
from ideolab_f2b.namespaces.look import Look, Looks
from ideolab_f2b.namespaces.namespace import NAMESPACES
from ideolab_f2b.namespaces.opener import Opener, listen

LOOK = Look(1, os.getpid(), "netns:web", "", frozenset({443}))


class ManyLooks:
    """Three namespaces more than an answer holds."""

    def take(self) -> list[Look]:
        """Return them; the numbers are those of no namespace that is asked from."""
        return [replace(LOOK, netns=number) for number in range(1, NAMESPACES + 4)]

    def open(self, _look: Look) -> Optional[Channel]:
        """Open nothing."""
        return None


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    """In the log and in the status, with the way out."""
    said: list[str] = []
    path = str(tmp_path / "sock")
    with listen(path, os.getgid(), 0o600) as listener:
        looks = cast(Looks, ManyLooks())
        opener = Opener([listener], frozenset({os.getuid()}), looks, Complaint(said.append, 600))
        stop = threading.Event()
        reader, writer = os.pipe()
        thread = threading.Thread(target=opener.run, args=(stop.is_set, lambda: None, reader))
        thread.start()
        found = list(ask([443], above=1 << 20, path=path))
        stop.set()
        os.write(writer, b"1")
        thread.join()
        os.close(reader)
        os.close(writer)

    assert len(found) == NAMESPACES
    assert said == [
        "3 namespaces with a listener are left out, 64 are told of: name in containers of [connmon]"
        " those that are to be looked into"
    ]
    assert "left out 3" in opener.describe()


def test_an_answer_with_room_says_nothing(tmp_path: Path) -> None:
    """The count is not there at all."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "sock"))
        opener = Opener([listener], frozenset(), cast(Looks, ManyLooks()), Complaint(str, 600))
        assert opener.describe() == "nobody asked yet"
