"""The order to the ban action, its answer, and the look into the kernel that follows."""

from __future__ import annotations

import getpass
import json
from ipaddress import ip_network

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import ban as banning
from ideolab_f2b.bans.result import BanResult
from ideolab_f2b.kernel.ipset.element import Network

ONE = ip_network("198.51.100.7")


class Sets:
    """The kernel's sets, which hold some networks."""

    def __init__(self, *held: Network) -> None:
        self.held = held

    def holds(self, network: Network) -> bool:
        return network in self.held

    def close(self) -> None:
        pass


def answer(monkeypatch: pytest.MonkeyPatch, *held: Network) -> list[tuple[str, ...]]:
    """Let the ban action ban whatever it is asked for; return the list of the questions."""
    asked: list[tuple[str, ...]] = []

    def ask(*words: str, options: tuple[str, ...] = ()) -> str:
        asked.append((*words, *options))
        bans = json.loads(words[-1])["bans"]
        return json.dumps(
            [{"address": name, "result": "banned", "until": 5, "detail": ""} for name, _ in bans]
        )

    monkeypatch.setattr(fail2ban_client, "ask", ask)
    monkeypatch.setattr(banning, "AllSets", lambda: Sets(*held))
    return asked


def test_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """One question to the jail ideolab-manual, with who asks and why."""
    asked = answer(monkeypatch, ONE)

    results = list(banning.ban([ONE], 600, "why", ("-s", "/s")))

    assert results == [BanResult("198.51.100.7", "banned", 5)]
    assert asked == [
        (
            "set", "ideolab-manual", "action", "ideolab-ban", "by_hand",
            f'{{"bans": [["198.51.100.7", 600]], "by": "ideolab-f2b {getpass.getuser()}", "reason": "why"}}',
            "-s", "/s",
        )
    ]  # fmt: skip


def test_a_ban_that_is_not_in_the_kernel_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fail2ban says: nothing drops its packets."""
    answer(monkeypatch)

    assert list(banning.ban([ONE], "permanent", "")) == [
        BanResult("198.51.100.7", "error", 5, "the kernel does not hold it; run ideolab-f2b check")
    ]


def test_many_addresses_are_several_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux takes 128 KiB of one argument."""
    many = [ip_network(f"198.51.{number // 256}.{number % 256}") for number in range(501)]
    asked = answer(monkeypatch, *many)

    results = list(banning.ban(many, 600, ""))

    assert [len(json.loads(words[5])["bans"]) for words in asked] == [500, 1]
    assert [result.result for result in results] == ["banned"] * 501


@pytest.mark.parametrize("text", ["", "None", "[]", '[{"address": 1}]', '["by_hand"]'])
def test_an_action_that_does_not_know_the_order(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """An older one; the error says what to run."""
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words, **_options: text)

    with pytest.raises(fail2ban_client.ClientError, match="broken or older; run ideolab-f2b check"):
        banning.order([ONE], 600, "")


def test_a_jail_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """fail2ban's own words, and what to run."""

    def ask(*_words: str, **_options: object) -> str:
        raise fail2ban_client.ClientError("Sorry but the jail 'ideolab-manual' does not exist")

    monkeypatch.setattr(fail2ban_client, "ask", ask)

    with pytest.raises(fail2ban_client.ClientError, match=r"does not run with .* ideolab-f2b check"):
        banning.order([ONE], 600, "")
