"""A host with many jails, as a panel makes them: each has its own sets, and each ban holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root

SITES = [f"site{number}" for number in range(1, 21)]
SITE = """\
[{jail}]
enabled = true
backend = polling
filter = ideolab-manual
logpath = {directory}/site.log
action = ideolab-ban.py[{options}]
"""
#: names that people have given: of one set, of the other family of one, of the list, of a set of their own
CHOSEN = {
    "first": "set=web",
    "again": "set=web",
    "late": "set=web6",
    "listed": "set=ideolab_ban",
    "theirs": "set=panel",
    "A name with spaces_and 6": "",
    "x" * 40: "",
    "x" * 41: "",
}


def test_each_of_twenty_jails_bans(
    lone: Namespace, lone_kernel: Sets, start: Callable[..., Fail2ban], tmp_path: Path
) -> None:
    """Both families, by every jail; names that cannot be are told once and another one is used."""
    lone.run("ipset", "create", "panel", "hash:ip")
    (tmp_path / "site.log").touch()
    wanted = {**dict.fromkeys(SITES, ""), **CHOSEN}
    text = "".join(
        SITE.format(jail=jail, directory=tmp_path, options=options) for jail, options in wanted.items()
    )

    server = start(lone, text, names=tuple(SITES))
    server.wait_for_rules(*wanted)
    for number, jail in enumerate(wanted, 1):
        server.ask("set", jail, "banip", f"198.51.100.{number}", f"2001:db8:c::{number}")

    found = {jail: str(server.read_stats(jail)["set"]) for jail in wanted}
    for number, jail in enumerate(wanted, 1):
        assert f"198.51.100.{number}" in addresses(lone_kernel, found[jail])
        assert f"2001:db8:c::{number}" in addresses(lone_kernel, f"{found[jail]}6")
    assert found["first"] == found["again"] == "web"
    assert len(set(found.values())) == len(wanted) - 1
    assert sorted(lone_kernel.members("ideolab_ban")) == sorted(
        name for one in set(found.values()) for name in (one, f"{one}6")
    )
    assert lone.run("ipset", "list", "panel").splitlines()[-1] == "Members:"
    assert errors(server) == [
        "[late] ideolab-ban: sets 'web6' and 'web' of jail again would be one set; "
        f"'{found['late']}' is used",
        "[listed] ideolab-ban: option set = 'ideolab_ban': that is the list of all sets; 'listed' is used",
        'set "panel" (hash:ip): it is no set of a jail: it has no timeouts; destroy the other set, or '
        f"choose another name; the set {found['theirs']} is used",
    ]


def addresses(kernel: Sets, name: str) -> list[str]:
    return [str(found.network.network_address) for found in kernel.elements(name)]


def errors(server: Fail2ban) -> list[str]:
    """The texts of the errors in the log."""
    lines = server.log.read_text().splitlines()
    return sorted(line.partition("ERROR")[2].strip() for line in lines if " ERROR " in line)
