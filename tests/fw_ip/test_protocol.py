"""Between the helper and fail2ban: what goes over the socket, and that an answer cannot do anything."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fw_ip.test_order import HOSTILE

END = b"<F2B_END_COMMAND>"
FIXED = {
    "status",
    "get",
    "set",
    "banned",
    "unbanip",
    "action",
    "by_hand",
    "ideolab-ban",
    "ideolab-manual",
    "sshd",
}


@contextlib.contextmanager
def server(path: Path, answer: Callable[[list[str]], bytes]) -> Iterator[list[list[str]]]:
    """A fail2ban of one connection that answers in bytes; the list grows by what it was asked."""
    asked: list[list[str]] = []
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(20)

    def serve() -> None:
        link, _address = listener.accept()
        with link, contextlib.suppress(OSError):
            link.settimeout(20)
            read = b""
            while True:
                part = link.recv(65536)
                if not part:
                    return
                read += part
                while END in read:
                    message, _end, read = read.partition(END)
                    if message == b"<F2B_CLOSE_COMMAND>":
                        return
                    asked.append(pickle.loads(message))  # noqa: S301
                    link.sendall(answer(asked[-1]) + END)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield asked
    finally:
        listener.close()
        thread.join()


class Recorder:
    """Takes the place of Fail2ban.ask and of the kernel, and remembers each text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.networks: list[Any] = []
        self.sets = [("ideolab_manual", 4), ("ideolab_manual6", 6)]

    def ask(self, *words: str) -> Any:
        self.texts += words
        if words == ("status",):
            return [("Number of jail", 2), ("Jail list", "ideolab-manual, sshd")]
        if words[0] == "get":
            return ["198.51.100.7", "2001:db8::1"]
        if "by_hand" in words:
            bans = json.loads(words[-1])["bans"]
            return json.dumps([{"result": "banned", "until": None, "detail": ""} for _ban in bans])
        return 1

    def is_dropped(self, network: Any) -> bool:
        self.networks.append(network)
        return True

    def find(self, networks: Any) -> dict[Any, list[Any]]:
        self.networks += networks
        return {network: [] for network in networks}

    def delete(self, _name: str, networks: list[Any]) -> None:
        self.networks += networks


def carried_out(program: ModuleType, lines: list[str]) -> Recorder:
    recorder = Recorder()
    fail2ban = object.__new__(program.Fail2ban)
    fail2ban.ask = recorder.ask
    for verb in ("ban", "unban", "check"):
        orders = [order for order in map(program.Order, lines) if order.action == verb and not order.result]
        if orders:
            program.VERBS[verb](orders, fail2ban, lambda: recorder, "test")
            assert all(order.result for order in orders)
    return recorder


def is_canonical(text: str) -> bool:
    try:
        network = ip_network(text)
    except ValueError:
        return False
    return text in (str(network), str(network.network_address))


@given(lines=st.lists(HOSTILE, max_size=20))
def test_nothing_but_addresses_reaches_fail2ban_and_the_kernel(program: ModuleType, lines: list[str]) -> None:
    """Whatever the lines are: fixed words, and addresses as ipaddress writes them."""
    recorder = carried_out(program, [*lines, "ban 198.51.100.9 60", "unban 198.51.100.7"])

    for text in recorder.texts:
        if text.startswith("{"):
            told = json.loads(text)
            assert told.keys() == {"bans", "by"}
            assert all(is_canonical(address) for address, _time in told["bans"])
            assert all(time == "permanent" or 0 < time <= 315360000 for _address, time in told["bans"])
        else:
            assert text in FIXED or is_canonical(text)
    assert all(type(network).__name__ in ("IPv4Network", "IPv6Network") for network in recorder.networks)


@pytest.mark.root
def test_an_answer_calls_nothing(program: ModuleType, tmp_path: Path) -> None:
    """A pickle that would run a program makes an error, and no file."""
    victim = tmp_path / "victim"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(victim),)

    answers = [pickle.dumps((0, Evil())), pickle.dumps((1, ValueError("no")))]
    with server(tmp_path / "s", lambda _words: answers.pop(0)):
        fail2ban = program.Fail2ban(str(tmp_path / "s"), program.Deadline(10))
        told = fail2ban.ask("status")
        with pytest.raises(program.HelperError, match="fail2ban: no"):
            fail2ban.ask("status")
        fail2ban.close()

    assert isinstance(told, program.Foreign)
    assert not victim.exists()


@pytest.mark.root
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"garbage", "fail2ban's answer cannot be read: UnpicklingError"),
        (b"", "fail2ban's answer cannot be read: EOFError"),
        (pickle.dumps(7), "fail2ban's answer cannot be read: TypeError"),
        (pickle.dumps((0, '{"bans": []}')), "the ban action that fail2ban has loaded is broken or older"),
        (pickle.dumps((0, None)), "the ban action that fail2ban has loaded is broken or older"),
        (pickle.dumps((0, "[]")), "fail2ban answered something else than it was asked"),
        (pickle.dumps((1, KeyError("ideolab-manual"))), "fail2ban: ideolab-manual"),
    ],
)
def test_wrong_answers_are_errors_of_each_line(
    program: ModuleType, tmp_path: Path, answer: bytes, problem: str
) -> None:
    """An action without the method echoes what it was given: no ban is claimed."""
    orders = [program.Order("ban 198.51.100.7"), program.Order("ban 2001:db8::1")]
    with server(tmp_path / "s", lambda _words: answer):
        code = program.run_orders(orders, str(tmp_path / "s"), "test", program.Deadline(10))

    assert (code, [order.result for order in orders]) == (1, ["error", "error"])
    assert orders[0].detail.startswith(problem)


def test_a_server_that_is_down_is_an_error_of_each_line(program: ModuleType, tmp_path: Path) -> None:
    """With the path that was tried."""
    path, order = str(tmp_path / "s"), program.Order("ban 198.51.100.7")

    assert program.run_orders([order], path, "test", program.Deadline(1)) == 1
    assert f"fail2ban does not answer on {path}: No such file" in order.detail


@pytest.mark.root
def test_a_server_that_hangs_ends_with_the_time(program: ModuleType, tmp_path: Path) -> None:
    """The helper never waits longer than its bound."""
    order = program.Order("ban 198.51.100.7")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    with listener:
        code = program.run_orders([order], str(tmp_path / "s"), "", program.Deadline(0.2))

    assert code == 1
    assert "fail2ban does not answer: timed out" in order.detail


def test_one_run_asks_once(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the verb changes: one kernel; fail2ban's bans are read once, and own changes count."""
    opened: list[Any] = []
    asked: list[tuple[str, ...]] = []

    class OneKernel(Recorder):
        def __init__(self, _deadline: object, _fail2ban: object) -> None:
            super().__init__()
            opened.append(self)

        def close(self) -> None:
            pass

    def ask(_self: object, *words: str) -> Any:
        asked.append(words)
        return Recorder().ask(*words)

    monkeypatch.setattr(program, "Kernels", OneKernel)
    monkeypatch.setattr(program.Fail2ban, "__init__", lambda *_given: None)
    monkeypatch.setattr(program.Fail2ban, "close", lambda _self: None)
    monkeypatch.setattr(program.Fail2ban, "ask", ask)
    lines = [f"{verb} 198.51.100.{number}" for number in range(200) for verb in ("unban", "check")]
    orders = [program.Order(line) for line in lines]

    assert program.run_orders(orders, "/x", "test", program.Deadline(20)) == 0
    assert len(opened) == 1
    assert sorted(asked) == [
        ("get", "ideolab-manual", "banned"),
        ("get", "sshd", "banned"),
        ("set", "ideolab-manual", "unbanip", "198.51.100.7"),
        ("set", "sshd", "unbanip", "198.51.100.7"),
        ("status",),
    ]
    assert [order.result for order in orders if order.action == "unban"].count("unbanned") == 1
    # lifted once: the second unban of the same run sees it gone; after a ban the list is read again
    again = [program.Order(f"{verb} 198.51.100.7") for verb in ("unban", "check", "unban", "ban", "unban")]
    program.run_orders(again, "/x", "test", program.Deadline(20))
    assert [order.result for order in again] == ["unbanned", "not-banned", "not-banned", "banned", "unbanned"]
