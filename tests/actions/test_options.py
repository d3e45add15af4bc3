"""The strings of jail.conf as options."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from ideolab_f2b.actions import options
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.ports import EVERY
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.notation.word_list import WordList

SHIM = Path(__file__).resolve().parents[2] / "action.d" / "ideolab-ban.py"


def test_defaults() -> None:
    """Without options the set has the jail's name."""
    assert options.parse("ideolab-connmon", {}) == (Options(set="ideolab_connmon"), [])


@pytest.mark.needs("netbase")
def test_all_options() -> None:
    """Every option from its string."""
    given = {
        "set": "ideolab_connnet", "ports": "443, 8443 http-alt", "maxelem": "300000", "keep_on_stop": "no",
        "kill": "Off", "latency": "low", "allow": "198.51.100.7,2001:db8::/32", "ssh_ports": "22,2222",
        "state": "/srv/state", "min_prefix4": "20", "min_prefix6": "48",
    }  # fmt: skip

    assert options.parse("x", given) == (
        Options(
            set="ideolab_connnet", ports=(443, 8443, 8080), maxelem=300000, keep_on_stop=False, kill=False,
            latency="low", allow=WordList((ip_network("198.51.100.7/32"), ip_network("2001:db8::/32"))),
            ssh_ports=(22, 2222), state=Path("/srv/state"), min_prefix4=20, min_prefix6=48,
        ),
        [],
    )  # fmt: skip
    assert options.parse("x", {"ssh_ports": "none"})[0].ssh_ports == ()
    assert options.parse("x", {"ssh_ports": "all"})[0].ssh_ports is None


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("set", "a b", "option set = 'a b': 1 to 30 letters, digits, _ . - are needed; 'jail' is used"),
        ("set", "x" * 31, "1 to 30 letters"),
        ("set", "ideolab_ban", "that is the list of all sets; 'jail' is used"),
        ("ports", "", "at least one port is needed; (443,) is used"),
        ("ports", "0", "0 is no port"),
        ("ports", "colour", "colour is no port, and no name in /etc/services; (443,) is used"),
        ("ports", "450-443", "450-443 is no range of ports; (443,) is used"),
        ("scope", "ports", "all or port is needed; 'all' is used"),
        ("protocol", "tcp!", "names of protocols are needed; ('tcp',) is used"),
        ("maxelem", "1", "a number from 64 to 16777216 is needed; 131072 is used"),
        ("maxelem", "many", "invalid literal for int() with base 10: 'many'; 131072 is used"),
        ("keep_on_stop", "perhaps", "yes or no is needed; True is used"),
        ("latency", "fast", "default or low is needed; 'default' is used"),
        ("allow_file", "never-ban", "an absolute path or none is needed; '/etc/ideolab/never-ban' is used"),
        ("backend", "nftables", "auto, ipset or nft is needed; None is used"),
        ("ssh_ports", "every", "every is no port, and no name in /etc/services; None is used"),
        ("ssh_ports", "22:30", "single ports are needed; None is used"),
        ("aggregate", "0.01", "off or a share from 0.05 to 1 is needed; 0.0 is used"),
        ("aggregate", "nan", "off or a share from 0.05 to 1 is needed; 0.0 is used"),
        ("aggregate", "many", "could not convert string to float: 'many'; 0.0 is used"),
        ("state", "state", "an absolute path is needed; PosixPath('/var/lib/ideolab-f2b') is used"),
        ("min_prefix4", "33", "a number from 1 to 32 is needed; 16 is used"),
        (
            "colour",
            "red",
            "option 'colour' is unknown; known are aggregate, allow, allow_file, backend, blocktype, cap",
        ),
    ],
)
def test_bad_option(name: str, text: str, complaint: str) -> None:
    """A complaint that names option, value, reason and what is used instead; never an exception."""
    found, complaints = options.parse("jail", {name: text})

    assert found == Options(set="jail")
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_allow_takes_what_it_understands() -> None:
    """A word that is nothing is told, and does not disarm the others; a name is asked for later."""
    found, complaints = options.parse("jail", {"allow": "198.51.100.7, office.example.org huh"})

    assert [str(each) for each in found.allow.networks] == ["198.51.100.7/32"]
    assert found.allow.names == ("office.example.org",)
    assert complaints == ['option allow: "huh" is no address and no host name']


def test_each_option_is_documented() -> None:
    """The header of the action explains every option and no other."""
    documented = re.findall(r"^# Option: (.*)$", SHIM.read_text(), re.MULTILINE)

    assert sorted(", ".join(documented).split(", ")) == sorted(options.KNOWN - {"port", "blocktype"})


def test_what_fail2ban_hands_to_a_banaction() -> None:
    """Its port is that of the sockets, unless ours is given; the rest is taken without a word."""
    given = {"port": "http,https", "protocol": "tcp,UDP", "chain": "<known/chain>", "name": "x"}

    assert options.parse("jail", given) == (
        Options(set="jail", ports=(80, 443), protocol=("tcp", "udp")), [],
    )  # fmt: skip
    assert options.parse("jail", {"port": "0:65535", "protocol": "all"})[0].ports == EVERY
    assert options.parse("jail", {"port": "22", "ports": "23"})[0].ports == (23,)
    assert options.parse("jail", {"ports": "23", "port": "nowhere"}) == (
        Options(set="jail", ports=(23,)), [],
    )  # fmt: skip
    found, complaints = options.parse("jail", {"port": "imap9"})
    assert (found.ports, len(complaints)) == (EVERY, 1)


@pytest.mark.parametrize(
    ("text", "is_inverted"),
    [("RETURN", True), ("ACCEPT", True), ("REJECT --reject-with icmp-port-unreachable", False), ("", False)],
)
def test_jail_that_lets_in(text: str, is_inverted: bool) -> None:
    """As fail2ban's pass2allow-ftp: whom it finds is banned by no means."""
    found, complaints = options.parse("jail", {"blocktype": text, "allow": "198.51.100.7"})

    assert (found.allow == options.EVERYBODY) is is_inverted
    assert len(complaints) == is_inverted


def test_scope() -> None:
    """The ports and protocols of the jail; without tcp there is no socket to close."""
    found = options.parse("jail", {"scope": "port", "port": "53", "protocol": "udp"})[0]

    assert (found.port_scope, found.kill) == (PortScope(("udp",), (53,)), False)
    assert options.parse("jail", {"scope": "port"})[0].port_scope == PortScope(("tcp",), (443,))
    assert options.parse("jail", {"scope": "port"})[0].kill
    assert options.parse("jail", {"port": "53"})[0].port_scope is None


def test_merge() -> None:
    """The ports and protocols of both; of the rest what comes last."""
    tcp = {"port": "5060", "protocol": "tcp", "name": "a", "set": "x"}

    assert options.merge(tcp, {"port": "5061", "protocol": "udp", "name": "b"}) == {
        "port": "5060,5061", "protocol": "tcp,udp", "name": "b", "set": "x",
    }  # fmt: skip
    assert options.merge({}, {"port": "1"}) == {"port": "1"}


def test_which_jails_aggregate() -> None:
    """Off where a third party can cause the lines, or forge the address, and that is told."""
    assert options.parse("ideolab-connmon", {"aggregate": "0.25"}) == (
        Options(set="ideolab_connmon", aggregate=0.25), [],
    )  # fmt: skip
    assert options.parse("sshd", {"aggregate": "off"})[0].aggregate == 0
    found, complaints = options.parse("ideolab-traship", {"aggregate": "0.25"})
    assert (found.aggregate, len(complaints)) == (0.0, 1)
    assert complaints[0].startswith("option aggregate: a third party can cause lines of ideolab-traship")
    found, complaints = options.parse("sip", {"aggregate": "0.25", "protocol": "udp"})
    assert (found.aggregate, len(complaints)) == (0.0, 1)
