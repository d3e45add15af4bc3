"""What fail2ban tells of its bans, and what is made of it."""

from __future__ import annotations

from datetime import datetime

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import jail_bans
from ideolab_f2b.bans.jail_bans import Ban, JailBans
from ideolab_f2b.kernel.ipset.element import key_of, network_of


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("198.51.100.7", "198.51.100.7/32"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("2001:db8:5::/48", "2001:db8:5::/48"),
        ("203.0.113.9/24", "203.0.113.0/24"),
    ],
)
def test_addresses_and_networks_become_numbers(text: str, network: str) -> None:
    """And back."""
    key = jail_bans.key_of_text(text)

    assert key is not None
    assert str(network_of(key)) == network
    assert key_of(network_of(key)) == key


@pytest.mark.parametrize("text", ["600", "", "example.org", "198.51.100.7/33", "::1::", "198.51.100.7\n"])
def test_what_is_no_address(text: str) -> None:
    """fail2ban bans any word; the kernel knows none of these."""
    assert jail_bans.key_of_text(text) is None


def test_the_action_of_ours_tells_all() -> None:
    """Times in seconds, networks too; what is no address is left out."""
    text = (
        '{"set": "s", "queued": true, "bans": [["198.51.100.7", 1795359121.5, 600],'
        ' ["2001:db8::/32", 5, -1], ["600", 5, 600]]}\n'
    )

    told = jail_bans.parse("jail", text)

    assert told == JailBans(
        "jail", "s", True,
        {(4, 0xC6336407, 32): Ban(1795359121.5, 600), (6, 0x20010DB8 << 96, 32): Ban(5, -1)},
    )  # fmt: skip
    assert [ban.until for ban in told.bans.values()] == [1795359721.5, None]


@pytest.mark.parametrize(
    "text", ["", "None", "[]", "{}", '{"set": "s", "queued": 0, "bans": [1]}', '{"set": 1, "bans": []}']
)
def test_what_is_no_list_of_bans(text: str) -> None:
    """An error that names the jail, whatever the server said."""
    with pytest.raises(ValueError, match="jail j: ideolab-ban answered without a list of bans"):
        jail_bans.parse("j", text)


def test_list_of_another_action() -> None:
    """`get JAIL banip --with-time` says it in local time; lines of another form are skipped."""
    text = (
        "198.51.100.7 \t2026-11-22 14:52:01 + 600 = 2026-11-22 15:02:01\n"
        "198.51.100.8 \t2026-11-22 14:52:01 + -1 = 9999-12-31 23:59:59\n"
        "garbage\n\n"
        "198.51.100.9 \tyesterday at + 600 = 2026-11-22 15:02:01\n"
        "nobody \t2026-11-22 14:52:01 + 600 = 2026-11-22 15:02:01\n"
    )
    since = datetime(2026, 11, 22, 14, 52, 1).timestamp()

    assert dict(jail_bans.parse_list(text)) == {
        (4, 0xC6336407, 32): Ban(since, 600),
        (4, 0xC6336408, 32): Ban(since, -1),
    }


class Server:
    """fail2ban-client's answers."""

    def __init__(self, answers: dict[tuple[str, ...], str]) -> None:
        self.answers, self.asked = answers, list[tuple[str, ...]]()

    def ask(self, *words: str, options: tuple[str, ...] = ()) -> str:
        self.asked.append(words)
        answer = self.answers.get(words)
        if answer is None:
            raise fail2ban_client.ClientError(f"no answer to {words}")
        return answer


LIST = "198.51.100.7 \t2026-11-22 14:52:01 + -1 = 9999-12-31 23:59:59\n"
ACTIONS = "The jail ours has the following actions:\nideolab-ban, ideolab-report\n"


def test_older_action_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has not been restarted since the update: its list and the set that it names."""
    server = Server(
        {
            ("get", "ours", "actions"): ACTIONS,
            ("get", "ours", "action", "ideolab-ban", "stats"): '{"set": "ideolab_connmon"}',
            ("get", "ours", "banip", "--with-time"): LIST,
        }
    )
    monkeypatch.setattr(fail2ban_client, "ask", server.ask)

    told = jail_bans.ask("ours")

    assert (told.name, told.set, told.queued) == ("ours", "ideolab_connmon", False)
    assert list(told.bans) == [(4, 0xC6336407, 32)]


def test_jail_without_an_action_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked that fail2ban would write into its log as an error."""
    server = Server(
        {
            ("get", "sshd", "actions"): "The jail sshd has the following actions:\niptables-multiport\n",
            ("get", "sshd", "banip", "--with-time"): LIST,
        }
    )
    monkeypatch.setattr(fail2ban_client, "ask", server.ask)

    assert jail_bans.ask("sshd").set is None
    assert server.asked == [("get", "sshd", "actions"), ("get", "sshd", "banip", "--with-time")]


def test_unknown_jail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names those that run."""
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"b", "a"})

    with pytest.raises(jail_bans.UnknownJailError, match="no jail 'c' runs; there are a, b"):
        jail_bans.ask_all("c")


def test_bans_of_as_numbers() -> None:
    """Each with its networks; null where the server has no table."""
    text = (
        '{"set": "s", "queued": false, "bans": [["AS64500", 1.0, 60], ["AS64501", 2.0, -1]],'
        ' "prefixes": {"AS64500": ["198.51.100.0/24", "x"], "AS64501": null}}'
    )
    found = jail_bans.parse("j", text)

    one, two = (0, 64500, 0), (0, 64501, 0)
    assert found.bans == {one: Ban(1.0, 60.0), two: Ban(2.0, -1.0)}
    assert found.prefixes == {one: ((4, 0xC6336400, 24),)}
    assert found.has_unknown
