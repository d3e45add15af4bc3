"""Connections by peer, on the host and in containers."""

from __future__ import annotations

import errno
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest

from ideolab_f2b.check.containers import survey
from tests.check.containers.clients import connect, start_opener
from tests.lab.containers import build_lab


@pytest.mark.root
def test_who_is_connected_where(tmp_path: Path) -> None:
    """Each place has its own addresses and its own peers."""
    with build_lab("f2bsurv", tmp_path) as lab:
        made = lab.container(2, 443)
        path = start_opener(lab)
        with connect(lab.client, "10.77.0.2", 443, "198.51.100.7"), lab.host.enter():
            seen = survey.make((443, 8443), path)
        netns = made.netns

    assert (seen.trouble, seen.has_opener, seen.host.peers) == ("", True, {})
    (place,) = seen.containers
    assert (place.name, place.netns) == (f"netns:{made.namespace.name}", netns)
    assert place.peers == {443: Counter({bytes((198, 51, 100, 7)): 1})}
    assert {bytes((10, 77, 0, 2)), bytes((10, 77, 0, 1))} <= place.own
    assert bytes((10, 77, 0, 1)) in seen.host.own
    assert seen.find(bytes((10, 77, 0, 2))) is place
    assert seen.find(bytes((10, 77, 0, 3))) is None


def test_no_opener(tmp_path: Path) -> None:
    """There is none, or it was killed: both say that it is off."""
    assert survey.make((443,), str(tmp_path / "sock")).has_opener is False
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "sock"))
    assert survey.make((443,), str(tmp_path / "sock")).has_opener is False


def test_an_opener_that_answers_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check goes on, and says so."""
    monkeypatch.setattr("ideolab_f2b.namespaces.ask.ANSWER_S", 0.1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "sock"))
        listener.listen()
        seen = survey.make((443,), str(tmp_path / "sock"))
    assert (seen.containers, seen.has_opener) == ((), True)
    assert "timed out" in seen.trouble


def test_an_opener_that_tells_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came in time is kept."""
    monkeypatch.setattr(survey, "PATIENCE_S", -1.0)
    path = str(tmp_path / "sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()

        def answer() -> None:
            link, _address = listener.accept()
            with link:
                link.recv(4096)
                link.send(b"netns=7 name=lxc:c1 in_use=3 ports=443 own=\n")

        server = threading.Thread(target=answer)
        server.start()
        seen = survey.make((443,), path)
        server.join()
    assert (seen.containers, seen.has_opener) == ((), True)
    assert seen.trouble
    assert errno.ETIMEDOUT not in survey._NOBODY
