"""Where the rule stands, and which rules in front of it can let a packet through."""

from __future__ import annotations

import pytest

from ideolab_f2b.firewall.position import OLD_SPEC, Position, may_pass, read_position

OURS = "-A INPUT -m set --match-set ideolab_ban src -j DROP"
COUNTED = "-A INPUT -m set --match-set ideolab_ban src -c 12 720 -j DROP"
ACCEPT = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
CALICO = {
    "cali-INPUT": ["-A cali-INPUT -i cali+ -j cali-wl", "-A cali-INPUT -m mark --mark 0x1 -j ACCEPT"],
    "cali-wl": ["-A cali-wl -j RETURN"],
}


def test_without_the_rule() -> None:
    """There is nothing in front of what is not there."""
    assert read_position("INPUT", [ACCEPT], {}) == Position("INPUT", 0, (), "", None)
    assert not read_position("INPUT", [], {}).is_effective


def test_first_of_all() -> None:
    """Its packets are counted; copies behind it are copies."""
    found = read_position("INPUT", [COUNTED, ACCEPT, OURS], {})

    assert found == Position("INPUT", 2, (), "", 12, specs=(OLD_SPEC, OLD_SPEC))
    assert found.is_first
    assert found.is_effective


def test_behind_what_accepts_by_a_jump() -> None:
    """The rule that jumps is named: it is what the reader sees in the chain."""
    jump = "-A INPUT -m comment --comment cali:abc -j cali-INPUT"
    found = read_position("INPUT", ["-A INPUT -j LOG", jump, COUNTED], CALICO)

    assert found.passes == jump
    assert found.before == ("-A INPUT -j LOG", jump)
    assert not found.is_effective


def test_behind_another_program_that_only_drops() -> None:
    """CrowdSec's and fail2ban's own rules stand in front and let nobody in: nothing is moved."""
    chains = {"f2b-sshd": ["-A f2b-sshd -s 198.51.100.7/32 -j REJECT", "-A f2b-sshd -j RETURN"]}
    lines = ["-A INPUT -m set --match-set crowdsec src -c 1 60 -j DROP", "-A INPUT -j f2b-sshd", COUNTED]
    found = read_position("INPUT", lines, chains)

    assert found.is_effective
    assert not found.is_first


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        (ACCEPT, True),
        ("-A INPUT -j RETURN", True),
        ("-A INPUT -j NFQUEUE --queue-num 0", True),
        ("-A INPUT -j unknown", True),
        ("-A INPUT -g harmless", True),
        ("-A INPUT ! -i lo -j ACCEPT", True),
        ("-A INPUT -m comment --comment \"broken", True),
        ('-A INPUT -m comment --comment "-j DROP" -j ACCEPT', True),
        ('-A INPUT -m comment --comment -j -j ACCEPT', True),
        ("-A INPUT -j loop", False),
        ("-A INPUT -j harmless", False),
        ("-A INPUT -j outer", True),
        ("-A INPUT -i lo -j ACCEPT", False),
        ("-A INPUT -p tcp", False),
        ("-A INPUT -j LOG --log-prefix \"x -j ACCEPT \"", False),
        ("-A INPUT -j REJECT --reject-with icmp-port-unreachable", False),
    ],
)  # fmt: skip
def test_what_may_pass(line: str, passes: bool) -> None:
    """What is not known to be harmless passes; a jump is as open as the chain that it jumps to."""
    chains = {
        "harmless": ["-A harmless -j RETURN", "-A harmless -j DROP"],
        "loop": ["-A loop -j loop"],
        "outer": ["-A outer -j harmless", "-A outer -j inner"],
        "inner": ["-A inner -p tcp -j ACCEPT"],
    }

    assert may_pass(line, chains) is passes
