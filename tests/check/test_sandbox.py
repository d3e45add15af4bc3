"""What a fail2ban-server may not do, from what the kernel says of its process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check import sandbox
from ideolab_f2b.check.sandbox import ServerLimits
from ideolab_f2b.config import Settings

ALL = (1 << 41) - 1
#: of a unit with ProtectSystem=strict and ReadWritePaths=/var/lib/fail2ban
MOUNTS = r"""
912 882 0:41 / / ro,relatime shared:285 master:5 - overlay overlay rw,lowerdir=/l
913 912 0:45 / /tmp rw,nosuid,nodev shared:286 - tmpfs tmpfs rw,size=2468412k
914 912 0:41 /var/lib/fail2ban /var/lib/fail2ban rw,relatime shared:288 master:7 - overlay overlay rw
915 912 0:42 / /var/with\040blank rw,relatime - ext4 /dev/sda ro
""".strip()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (ServerLimits(ALL), ["fail2ban has the capabilities, and may write what the actions write"]),
        (ServerLimits(ALL, families=["AF_UNIX", "AF_NETLINK"]), [
            "fail2ban has the capabilities, and may write what the actions write"
        ]),
        (ServerLimits(0x3004), [
            "fail2ban runs without CAP_DAC_OVERRIDE: events and gauges cannot be written into directories of"
            " other users",
            "fail2ban runs without CAP_SYS_PTRACE: who is logged in over SSH is not known, and not protected",
        ]),
        (ServerLimits(ALL & ~(3 << 12)), [
            "fail2ban runs without CAP_NET_ADMIN: no ban reaches the kernel",
            "fail2ban runs without CAP_NET_RAW: the DROP rule cannot be placed",
        ]),
        (ServerLimits(ALL, read_only=["/var/log/ideolab", "/var/lib/ideolab-f2b"]), [
            "fail2ban may not write /var/log/ideolab, /var/lib/ideolab-f2b: events and gauges are lost"
        ]),
        (ServerLimits(ALL, families=["AF_UNIX"]), [
            "fail2ban may open no netlink socket (RestrictAddressFamilies=): no ban reaches the kernel"
        ]),
        (ServerLimits(ALL, foreign=["user"]), [
            "fail2ban runs in another user namespace (PrivateUsers=): no ban reaches this host's kernel"
        ]),
        (ServerLimits(ALL, foreign=["net"]), [
            "fail2ban runs in another network namespace (PrivateNetwork=, a container): it protects that"
            " one only"
        ]),
    ],
)  # fmt: skip
def test_what_is_forbidden(limits: ServerLimits, said: list[str]) -> None:
    """Each with what it breaks."""
    found = list(sandbox.judge(limits))

    assert [verdict.text for verdict in found] == said
    assert {verdict.state for verdict in found} == {"ok" if said[0].startswith("fail2ban has") else "wrong"}
    assert all("docs/install.md#a-hardened-fail2ban" in one.mend for one in found if one.state == "wrong")


@pytest.mark.parametrize(
    ("path", "is_read_only"),
    [
        ("/var/log/ideolab", True),
        ("/var/lib/fail2ban", False),
        ("/var/lib/fail2ban/x", False),
        ("/var/lib/fail2ban2", True),
        ("/tmp/x", False),
        ("/var/with blank/x", True),
    ],
)
def test_where_the_server_may_write(path: str, is_read_only: bool) -> None:
    """The innermost mount decides, or the file system in it."""
    assert sandbox.is_read_only(sandbox.parse_mounts(MOUNTS), path) is is_read_only


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("", None),
        ("~", None),
        ("~AF_PACKET", None),
        ("~AF_NETLINK AF_PACKET", []),
        ("AF_UNIX AF_INET", ["AF_UNIX", "AF_INET"]),
        ("none", ["none"]),
    ],
)
def test_the_families_that_systemd_leaves(text: str, families: list[str] | None) -> None:
    """`~` is a list of what is forbidden."""
    assert sandbox.parse_families({"RestrictAddressFamilies": text}) == families


def test_a_process_of_this_host(tmp_path: Path) -> None:
    """This one has the namespaces of whoever asks, and writes where tests write."""
    assert sandbox.look(os.getpid(), [tmp_path, tmp_path / "missing"])[1:3] == ([], [])


def test_a_server_that_nobody_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be seen is not ok."""
    monkeypatch.setattr(fail2ban_client, "SOCKET", "/nowhere/socket")
    (verdict,) = sandbox.sandbox(Settings())
    assert verdict.state == "unknown"

    monkeypatch.setattr(fail2ban_client, "find_server", lambda: 1 << 30)
    (verdict,) = sandbox.sandbox(Settings())
    assert verdict.state == "unknown"
    assert "cannot be looked into" in verdict.text
