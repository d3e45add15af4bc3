"""Sets and rules: what their headers and lines mean, and how they are read in a namespace."""

from __future__ import annotations

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.bans import rule_hook
from ideolab_f2b.check import kernel
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backend import BACKENDS
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.position import read_position
from ideolab_f2b.firewall.rule import Placement
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.kernel.ipset.sets import Sets

RULE = "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"


def header(elements: int) -> SetHeader:
    return SetHeader("s", "hash:net", "inet", 1000, 0, 1, elements, 456, 0)


@pytest.mark.parametrize(
    ("found", "members", "said"),
    [
        (header(7), ["s"], "ok       set s: 7 of 1000 elements, in ideolab_ban"),
        (
            None, ["s"],
            "wrong    set s: does not exist: its jail bans nobody\n         -> fail2ban-client reload",
        ),
        (
            header(7), ["other"],
            "wrong    set s: is not in ideolab_ban: its bans drop nothing\n"
            "         -> fail2ban-client reload",
        ),
        (
            header(800), ["s"],
            "wrong    set s: is nearly full: 800 of 1000\n"
            "         -> set a larger maxelem in action = ideolab-ban.py[...] in"
            " /etc/fail2ban/jail.d/ideolab.local",
        ),
    ],
)  # fmt: skip
def test_a_set(found: SetHeader | None, members: list[str], said: str) -> None:
    """There, in the list, and with room for an attack."""
    assert str(kernel.judge_set("s", found, members)) == said


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([RULE, "-A PREROUTING -j ACCEPT"], "ok       r: the DROP rule is the first rule"),
        (
            [],
            "wrong    r: no rule drops what is in ideolab_ban\n         -> fail2ban-client reload",
        ),
        (
            ["-A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", RULE],
            "wrong    r: the DROP rule is behind "
            "'-A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', which may accept packets"
            " of banned clients\n         -> fail2ban-client reload; if it comes back, let its program"
            " append its rules (docs/bans.md)",
        ),
        (
            ["-A PREROUTING -p tcp -j f2b-sshd", RULE],
            "ok       r: the DROP rule is behind '-A PREROUTING -p tcp -j f2b-sshd', which accepts no packet",
        ),
    ],
)
def test_the_rule(rules: list[str], said: str) -> None:
    """Behind an ESTABLISHED accept a banned client keeps its connections; behind drops alone it does not."""
    chains = {"f2b-sshd": ["-A f2b-sshd -s 198.51.100.7/32 -j DROP", "-A f2b-sshd -j RETURN"]}

    assert str(kernel.judge_position("r", read_position("PREROUTING", rules, chains))) == said


def test_rule_in_a_kernel_without_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is where it can be; that and why is said without -v, because it is worth less there."""
    placed = read_position("INPUT", ["-A INPUT ! -i lo -m set --match-set ideolab_ban src -j DROP"], {})
    reason = "iptables -t raw -S PREROUTING: no such table"
    monkeypatch.setattr("ideolab_f2b.bans.rule_hook.ask", lambda: "prerouting")
    monkeypatch.setattr("ideolab_f2b.bans.used_backends.find", lambda: [BACKENDS["ipset"]])
    monkeypatch.setattr(
        rule,
        "look",
        lambda version, _hook: Placement([placed], "input", reason if version == 4 else ""),
    )

    assert list(map(str, kernel.rules(Settings()))) == [
        "unknown  rule iptables: it stands in INPUT, FORWARD, DOCKER-USER, where other programs can put an"
        f" accept in front: {reason}\n         -> modprobe iptable_raw (docs/ban.md#where-the-rule-stands)",
        "ok       rule iptables INPUT: the DROP rule is the first rule",
        "ok       rule ip6tables INPUT: the DROP rule is the first rule",
    ]


WORK = {"ipset": "", "nft": ""}
NO_PROGRAMS = {"ipset": "iptables, ipset not installed; apt-get install iptables ipset", "nft": ""}
NOTHING = {**NO_PROGRAMS, "nft": "look for table inet ideolab: the kernel has no nf_tables"}


@pytest.mark.parametrize(
    ("wanted", "chosen", "problems", "used", "said"),
    [
        (
            "auto", "ipset", WORK, {"ipset"},
            "ok       backend: ipset holds the bans (backend = auto: iptables and ipset are installed)",
        ),
        (
            "auto", "nft", NO_PROGRAMS, {"nft"},
            "ok       backend: nft holds the bans (backend = auto: ipset does not work here: iptables, ipset"
            " not installed; apt-get install iptables ipset)",
        ),
        ("nft", "nft", WORK, {"nft"}, "ok       backend: nft holds the bans (backend = nft)"),
        (
            "nft", "nft", WORK, {"ipset", "nft"},
            "unknown  backend: ipset for some jails, where the settings give nft (backend = nft): by an"
            " option of theirs, or they have not seen it yet\n         -> fail2ban-client reload",
        ),
        (
            "ipset", "ipset", NO_PROGRAMS, {"nft"},
            "wrong    backend: backend = ipset, and ipset cannot work: iptables, ipset not installed; apt-get"
            " install iptables ipset\n         -> backend = nft below [firewall] in /etc/ideolab/f2b.conf",
        ),
        (
            "auto", "nft", NOTHING, {"nft"},
            "wrong    backend: no backend can work, and nobody is banned: ipset: iptables, ipset not"
            " installed; apt-get install iptables ipset; nft: look for table inet ideolab: the kernel"
            " has no nf_tables\n         -> apt-get install iptables ipset",
        ),
        (
            "auto", "nft", {**WORK, "nft": "look for table inet ideolab: permission denied"}, {"nft"},
            "unknown  backend: nft: look for table inet ideolab: permission denied\n"
            "         -> sudo ideolab-f2b check",
        ),
    ],
)  # fmt: skip
def test_the_backend(wanted: str, chosen: str, problems: dict[str, str], used: set[str], said: str) -> None:
    """Which one, why, and what to do where it cannot work; never ok where it is not seen."""
    assert str(kernel.judge_backend(wanted, chosen, problems, used)) == said


def test_a_backend_that_is_not_seen() -> None:
    """A fail2ban that is down does not say what its jails have."""
    verdict = kernel.judge_backend("auto", "ipset", WORK, None, "no socket")

    assert (verdict.state, verdict.text) == (
        "unknown",
        "ipset (backend = auto: iptables and ipset are installed); whether the jails have it is not seen:"
        " no socket",
    )


def states(verdicts: object) -> list[tuple[str, str]]:
    return [(verdict.check, verdict.state) for verdict in verdicts]  # type: ignore[attr-defined]


@pytest.mark.root
def test_the_kernel_of_a_namespace_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the action has placed its parts, after, and after somebody put an accept in front."""
    monkeypatch.setattr(kernel, "_names", lambda: {BACKENDS["ipset"]: ["f2bt", "f2bt6"]})
    with link_namespaces("f2binst-check") as (server, _client), server.enter():
        assert {state for _check, state in states(kernel.sets(Settings()))} == {"wrong"}
        assert states(kernel.rules(Settings())) == [
            ("rule iptables PREROUTING", "wrong"),
            ("rule ip6tables PREROUTING", "wrong"),
        ]

        sets = Sets()
        JailSets(sets, "f2bt", 1000).place()
        sets.close()
        rule.place(4)
        rule.place(6)
        assert states(kernel.sets(Settings())) == [("set f2bt", "ok"), ("set f2bt6", "ok")]
        assert states(kernel.rules(Settings())) == [
            ("rule iptables PREROUTING", "ok"),
            ("rule ip6tables PREROUTING", "ok"),
        ]
        assert states(kernel.destroy(Settings())) == [("sockets", "ok")]

        server.run("iptables", "-t", "raw", "-I", "PREROUTING", "1", "-p", "tcp", "-j", "ACCEPT")
        assert states(kernel.rules(Settings()))[0] == ("rule iptables PREROUTING", "wrong")

        monkeypatch.setattr(rule_hook, "ask", lambda: "input")
        server.run("iptables", "-N", "DOCKER-USER")
        rule.place(4, "input")
        assert states(kernel.rules(Settings())) == [
            ("rule iptables INPUT", "ok"),
            ("rule iptables FORWARD", "ok"),
            ("rule iptables DOCKER-USER", "ok"),
            ("rule ip6tables INPUT", "wrong"),
            ("rule ip6tables FORWARD", "wrong"),
        ]
