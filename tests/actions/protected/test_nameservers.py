"""The nameservers of a host."""

from __future__ import annotations

import os
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import FailTicket

from ideolab_f2b.actions.ban.admission import Admission
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import nameservers
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.tickets import ban_manager

STUB = "# by systemd\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch example.org\n"
UPLINK = "nameserver 198.51.100.53\nnameserver fe80::1%eth0\n nameserver\t2001:db8::53 # second\n"


def test_both_files(tmp_path: Path) -> None:
    """Behind the stub of systemd-resolved stand the real servers; one file may be a link, one missing."""
    (tmp_path / "stub").write_text(STUB)
    (tmp_path / "resolv.conf").symlink_to("stub")
    (tmp_path / "uplink").write_text(UPLINK)

    found = nameservers.read(str(tmp_path / name) for name in ("resolv.conf", "uplink", "none"))

    assert found == {ip_address(text) for text in ("127.0.0.53", "198.51.100.53", "fe80::1", "2001:db8::53")}


def test_lines_that_name_none() -> None:
    """A name, a network, half a line, another word."""
    lines = [
        "nameserver",
        "nameserver ns.example.org",
        "nameserver 198.51.100.0/24",
        "nameservers 198.51.100.1",
    ]

    assert nameservers.parse("\n".join([*lines, ";nameserver 198.51.100.2"])) == []


def test_its_length_is_bounded(tmp_path: Path) -> None:
    """A file of any size costs no more than a few lines of it."""
    path = tmp_path / "resolv.conf"
    path.write_text("".join(f"nameserver 10.0.{n >> 8}.{n & 255}\n" for n in range(65536)))

    assert nameservers.read([str(path)]) == {ip_address(f"10.0.0.{n}") for n in range(nameservers.LIMIT)}


def test_what_is_not_read(tmp_path: Path) -> None:
    """A fifo would hang a ban; what anybody can write would protect anybody."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "open").write_text(UPLINK)
    (tmp_path / "open").chmod(0o666)
    (tmp_path / "bytes").write_bytes(b"nameserver \xff\0\n" * 10)

    assert nameservers.read(str(tmp_path / name) for name in ("fifo", "open", "bytes", ".")) == set()


def test_a_nameserver_is_not_banned(tmp_path: Path) -> None:
    """What a line or a person orders against a server of the file is refused; its neighbour is banned."""
    path = tmp_path / "resolv.conf"
    path.write_text(UPLINK)
    protected = Protected(
        lambda: [],
        Options(),
        own=list,
        gateways=list,
        sessions=list,
        servers=lambda: nameservers.read([str(path)]),
    )
    jail: Any = Jail("jail", backend="polling")
    admission = Admission(jail, protected, BanCounts(), lambda _ticket: None)

    for text in ("198.51.100.53", "2001:db8::53", "198.51.100.0/24", "2001:db8::/64"):
        jail.putFailTicket(FailTicket(IPAddr(text), time.time()))
        assert not jail.hasFailTickets, text
        with pytest.raises(ValueError, match=r"53(,| is) a nameserver of this host"):
            jail.actions.addBannedIP(text)
    assert len(list(ban_manager(jail.actions))) == 0
    jail.putFailTicket(FailTicket(IPAddr("198.51.100.54"), time.time()))
    assert jail.hasFailTickets
    admission.undo()


@pytest.mark.parametrize("path", nameservers.PATHS)
def test_this_host(path: str) -> None:
    """Whatever stands there can be read."""
    assert isinstance(nameservers.read([path]), set)
