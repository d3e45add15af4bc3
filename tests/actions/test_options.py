"""The strings of jail.conf as options."""

from __future__ import annotations

import dataclasses
import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from ideolab_f2b.actions import options
from ideolab_f2b.actions.options import Options

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
            latency="low", allow=(ip_network("198.51.100.7"), ip_network("2001:db8::/32")),
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
        ("ports", "443-450", "service/proto not found"),
        ("maxelem", "1", "a number from 64 to 16777216 is needed; 131072 is used"),
        ("maxelem", "many", "invalid literal for int() with base 10: 'many'; 131072 is used"),
        ("keep_on_stop", "perhaps", "yes or no is needed; True is used"),
        ("latency", "fast", "default or low is needed; 'default' is used"),
        ("allow", "example.org", "does not appear to be an IPv4 or IPv6 network; () is used"),
        ("allow_file", "never-ban", "an absolute path or none is needed; '/etc/ideolab/never-ban' is used"),
        ("ssh_ports", "every", "service/proto not found; None is used"),
        ("state", "state", "an absolute path is needed; PosixPath('/var/lib/ideolab-f2b') is used"),
        ("min_prefix4", "33", "a number from 1 to 32 is needed; 16 is used"),
        ("colour", "red", "option 'colour' is unknown; known are allow, allow_file, keep_on_stop, kill, l"),
    ],
)
def test_bad_option(name: str, text: str, complaint: str) -> None:
    """A complaint that names option, value, reason and what is used instead; never an exception."""
    found, complaints = options.parse("jail", {name: text})

    assert found == Options(set="jail")
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_each_option_is_documented() -> None:
    """The header of the action explains every option and no other."""
    documented = re.findall(r"^# Option: (.*)$", SHIM.read_text(), re.MULTILINE)

    assert sorted(", ".join(documented).split(", ")) == sorted(
        item.name for item in dataclasses.fields(Options)
    )
