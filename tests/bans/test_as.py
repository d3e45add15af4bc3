"""The verbs with AS numbers, on a real server: ban, preview, bans, status, unban."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.asn import tables
from tests.bans.conftest import Host, seldom

pytestmark = pytest.mark.root

JAILS = """\
[ideolab-manual]
enabled = true
[ideolab-connmon]
enabled = true
[ideolab-asn]
enabled = true
logpath = {directory}/other.log
"""
LINE = '{address} - - [29/Nov/2036:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "x"\n'


@pytest.fixture
def as_host(tmp_path: Path) -> Iterator[Host]:
    """A server with the jail of AS numbers, a table and an access log."""
    with link_namespaces(f"f2bas-{uuid.uuid4().hex[:4]}") as (namespace, _client):
        host = Host(namespace, tmp_path, seldom(tmp_path))
        host.server.configure(JAILS.format(directory=host.server.directory))
        with (tmp_path / "f2b.conf").open("a") as file:
            file.write(f"[visitors]\nlogs = {tmp_path}/access.log*\n")
        addresses = ["198.51.100.7", "198.51.100.7", "198.51.100.200", "203.0.113.9", "2001:db8:c::1"]
        (tmp_path / "access.log").write_text("".join(LINE.format(address=one) for one in addresses))
        try:
            host.start()
            host.server.state.mkdir(exist_ok=True)
            rows = [
                (64500, "EXAMPLE", ["198.51.100.0/25", "2001:db8:c::/48"]),
                (64501, "OWN", ["192.0.2.0/24"]),
                (64502, "BIG", ["10.0.0.0/9"]),
            ]
            tables.build(host.server.state / "asn.sqlite3", rows)
            yield host
        finally:
            host.server.stop()


def told(host: Host, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a verb with --json on the server of the test."""
    done = host.run(*words, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    return done.returncode, [{key: one[key] for key in one if key not in ("version", "t")} for one in lines]


def elements(host: Host) -> list[str]:
    with host.namespace.enter():
        sets = Sets()
    try:
        return sorted(str(one.network) for one in sets.elements("ideolab_asn"))
    finally:
        sets.close()


def test_from_preview_to_unban(as_host: Host) -> None:
    """One row for the AS everywhere; no verb takes a part of it away."""
    code, (preview,) = told(as_host, "ban", "as64500", "--preview")
    assert (code, preview["address"], preview["prefixes"], preview["addresses"]) == (0, "AS64500", 2, 128)
    assert preview["networks6"] == 65536 and preview["allowed"] is True
    assert preview["visitors"] == {"clients": 2, "clients_total": 4, "requests": 3, "requests_total": 5}
    assert preview["connections"] == {"inside": 0, "total": 0}
    assert elements(as_host) == []

    code, (banned,) = told(as_host, "ban", "AS64500", "--for", "1h")
    assert (code, banned["result"]) == (0, "banned")
    assert banned["detail"] == "2 prefixes, 128 IPv4 addresses and 65,536 /64 of IPv6"
    (row,) = as_host.seen()["bans"]
    assert (row["address"], row["jail"], row["state"], row["prefixes"]) == ("AS64500", "ideolab-asn", "ok", 2)
    shown = as_host.run("bans").stdout.splitlines()
    assert (shown[1].split()[:2], shown[1].split()[-2:]) == (["AS64500", "ideolab-asn"], ["2", "prefixes"])

    code, (inside,) = told(as_host, "status", "198.51.100.7")
    assert (code, inside["state"], inside["bans"][0]["address"]) == (0, "banned", "AS64500")
    code, (whole,) = told(as_host, "status", "AS64500")
    assert (code, whole["bans"][0]["prefixes"]) == (0, 2)

    code, (kept,) = told(as_host, "unban", "198.51.100.0/25")
    assert (code, kept["result"]) == (1, "error")
    assert kept["detail"] == "still dropped: AS64500 is banned (ideolab_asn); unban that"
    assert elements(as_host) == ["198.51.100.0/25"]
    assert [told(as_host, "unban", "AS64500")[1][0]["result"] for _ in range(2)] == ["unbanned", "not-banned"]
    assert elements(as_host) == []


def test_refused(as_host: Host) -> None:
    """By the preview as by the ban, with the same words; --force lifts the cap alone."""
    _code, previews = told(as_host, "ban", "AS64501", "AS64502", "192.0.2.0/24", "--preview")
    assert [one["allowed"] for one in previews] == [False, False, False]
    own = "192.0.2.0/24 holds 192.0.2.1, an own address of this host"
    assert [one["refusals"] for one in previews] == [[own], [], [own]]
    assert previews[1]["over_cap"].startswith("AS64502 has 1 prefix, 8,388,608 IPv4 addresses: above the cap")

    code, results = told(as_host, "ban", "AS64501", "AS64502", "AS64510")
    assert code == 1
    assert [one["result"] for one in results] == ["refused", "refused", "error"]
    _code, forced = told(as_host, "ban", "AS64501", "AS64502", "--force", "--for", "1h")
    assert [one["result"] for one in forced] == ["refused", "banned"]
    assert elements(as_host) == ["10.0.0.0/9"]


def test_what_is_not_known_is_said(as_host: Host, tmp_path: Path) -> None:
    """No log is not nobody, and nobody is banned while fail2ban does not say who is protected."""
    (tmp_path / "access.log").unlink()
    as_host.server.stop()

    code, (preview,) = told(as_host, "ban", "198.51.100.0/24", "--preview")
    assert (code, preview["allowed"], preview["visitors"], preview["partial"]) == (1, False, None, False)
    assert preview["unknown"][1].startswith("no access log of these days")
    shown = as_host.run("ban", "198.51.100.0/24", "--preview").stdout
    assert "  visitors     unknown\n" in shown
    assert "  refused      fail2ban does not say who is protected: " in shown
