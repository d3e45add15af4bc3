"""The content of sets.json: what is written is read again, and nothing else is believed."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.actions.jail_record import (
    JAILS_LIMIT,
    JailRecord,
    JailRecordError,
    JailRecords,
    from_json,
    to_json,
)
from ideolab_f2b.firewall.port_rule import PortScope

MANUAL = JailRecord("ideolab-manual", "ideolab_manual", 131072)
MAIL = JailRecord(
    "mail", "mail", 2000, "port", (25, range(6000, 6011)), ("tcp", "udp"), "input", "nft", "as", (1000, 10),
    3600, 86400, True, 20, 48, "/etc/ideolab/never-ban", ("198.51.100.0/24",),
)  # fmt: skip
FOUND = JailRecords("/var/lib/fail2ban/fail2ban.sqlite3", (MANUAL, MAIL))
TEXT = """\
{"version": 1, "database": "/var/lib/fail2ban/fail2ban.sqlite3", "jails": [
{"jail": "ideolab-manual", "set": "ideolab_manual", "maxelem": 131072, "scope": "all", "ports": ["443"], \
"protocol": ["tcp"], "hook": "prerouting", "backend": "ipset", "tickets": "addresses", "cap": null, \
"bantime": -1, "longest": -1, "is_increasing": false, \
"min_prefix4": 16, "min_prefix6": 32, "allow_file": "", "allow": []},
{"jail": "mail", "set": "mail", "maxelem": 2000, "scope": "port", "ports": ["25", "6000:6010"], \
"protocol": ["tcp", "udp"], "hook": "input", "backend": "nft", "tickets": "as", "cap": [1000, 10], \
"bantime": 3600, "longest": 86400, "is_increasing": true, \
"min_prefix4": 20, "min_prefix6": 48, "allow_file": "/etc/ideolab/never-ban", \
"allow": ["198.51.100.0/24"]}
]}
"""


def test_what_is_written_is_read() -> None:
    """A line for each jail."""
    assert to_json(FOUND).decode() == TEXT
    assert from_json(TEXT.encode()) == FOUND
    assert MAIL.port_scope == PortScope(("tcp", "udp"), (25, range(6000, 6011)))
    assert MANUAL.port_scope is None


def test_an_older_record_has_the_defaults() -> None:
    """Three words make a jail."""
    text = b'{"version": 1, "database": "", "jails": [{"jail": "a", "set": "a", "maxelem": 64}]}'

    assert from_json(text) == JailRecords("", (JailRecord("a", "a", 64),))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "another version"),
        ('{"version": 2, "database": "", "jails": []}', "another version"),
        ('{"version": 1, "database": "", "jails": 5}', "no database and no jails"),
        ('{"version": 1, "database": null, "jails": []}', "no database and no jails"),
        ('{"version": 1, "database": "fail2ban.sqlite3", "jails": []}', "no absolute path"),
        ('{"version": 1, "database": "/a\\u0000b", "jails": []}', "no absolute path"),
    ],
)
def test_no_file_of_ours(text: str, why: str) -> None:
    """A disk that was full, another version, somebody's own idea."""
    with pytest.raises(JailRecordError, match=why):
        from_json(text.encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jail", ""),
        ("jail", 5),
        ("set", "ideolab_ban"),
        ("set", "a b"),
        ("set", "x" * 40),
        ("maxelem", 63),
        ("maxelem", True),
        ("maxelem", "131072"),
        ("scope", "none"),
        ("ports", []),
        ("ports", [443]),
        ("ports", ["443; reboot"]),
        ("ports", "443"),
        ("protocol", ["tcp -j ACCEPT"]),
        ("hook", "forward"),
        ("backend", "pf"),
        ("tickets", "words"),
        ("cap", 5),
        ("cap", [1, "2"]),
        ("bantime", 1.5),
        ("bantime", -2),
        ("longest", None),
        ("is_increasing", 1),
        ("min_prefix4", 0),
        ("min_prefix6", 129),
        ("allow_file", "never-ban"),
        ("allow_file", "/a\0b"),
        ("allow", [5]),
        ("extra", 1),
    ],
)
def test_a_record_that_no_action_has_written(name: str, value: object) -> None:
    """It is named and left out; the other jail counts."""
    rows = json.loads(TEXT)["jails"]
    content = {"version": 1, "database": "", "jails": [{**rows[0], name: value}, rows[1]]}

    found = from_json(json.dumps(content).encode())

    assert found.jails == (MAIL,)
    assert len(found.problems) == 1


def test_a_time_beyond_any_float() -> None:
    """It is for ever: it would stop the reading of all bans."""
    text = TEXT.replace('"bantime": 3600', f'"bantime": {10**400}')

    assert from_json(text.encode()).jails == (MANUAL, dataclasses.replace(MAIL, bantime=1 << 40))


def test_too_many_jails() -> None:
    """No file makes sets without end."""
    jails = tuple(dataclasses.replace(MANUAL, jail=f"j{number}") for number in range(JAILS_LIMIT + 5))

    assert len(from_json(to_json(JailRecords("", jails))).jails) == JAILS_LIMIT


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_row(row: object) -> None:
    """What is no record is a problem, never an error of another kind."""
    found = from_json(json.dumps({"version": 1, "database": "", "jails": [row]}).encode())

    assert found.jails == ()
    assert len(found.problems) == 1
