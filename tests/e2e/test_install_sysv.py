"""scripts/install on a host without systemd as PID 1: init scripts, and no journal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.chroot import Chroot, make_chroot
from tests.host.overlay import CHECKOUT
from tests.host.pack import SUSPECT, verdicts, wait_for_ban, wait_for_health, write_suspect

pytestmark = pytest.mark.root


@pytest.fixture
def host() -> Iterator[Chroot]:
    with make_chroot() as host:
        yield host


#: what a boot does in a network without sets: before a saved firewall is loaded, a link in rcS.d makes them
BOOT = """
ls /etc/rcS.d/S*ideolab-ban-list
mkdir /etc/iptables
iptables-save >/etc/iptables/rules.v4
grep -q ideolab_ban /etc/iptables/rules.v4
ideolab-f2b check -v | grep '^ok .*/etc/iptables/rules.v4 holds our rule, and its sets are made before'
unshare -n sh -euc '
! iptables-restore </etc/iptables/rules.v4
/etc/rcS.d/S*ideolab-ban-list start
iptables-restore </etc/iptables/rules.v4'
rm -r /etc/iptables
"""
#: the bans come back before the network does, while fail2ban is down
RESTORE = f"""
ls /etc/rcS.d/S*ideolab-ban-restore
/etc/init.d/fail2ban stop
unshare -n sh -euc '
/etc/rcS.d/S*ideolab-ban-restore start | grep "^1 elements for 1 bans of . jails are in force"
ipset test ideolab_connmon {SUSPECT}
iptables -t raw -C PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP'
/etc/init.d/fail2ban start
"""


def test_from_nothing_to_a_ban_and_back_to_nothing(host: Chroot) -> None:
    """Install, check, a ban, a second install that keeps everything, uninstall without a trace."""
    files, rules = host.files(), host.kernel()

    said = host.install().stdout
    assert "the sshd jail is off: neither /var/log/auth.log nor a readable journal is here" in said
    wait_for_health(host)
    write_suspect(host)
    wait_for_ban(host)
    assert SUSPECT in host.out("fail2ban-client", "status", "ideolab-connmon")
    host.shell(BOOT)
    host.shell(RESTORE)
    wait_for_health(host)
    again = host.install().stdout.splitlines()
    assert [line for line in again if line.split()[0] in ("created", "changed", "removed")] == []

    gone = host.install("--uninstall")

    assert gone.stderr == ""
    assert (host.files(), host.kernel()) == (files, rules)
    assert "connmon" not in host.out("ps", "-e", "-o", "args")


#: not the rule, which is put back before anybody could ask
BREAK = """
rm /etc/fail2ban/filter.d/ideolab-manual.conf /var/log/ideolab/manual.log
echo 'raise SystemExit' >/etc/fail2ban/action.d/ideolab-ban.py
fail2ban-client stop ideolab-connmon-net
/etc/init.d/ideolab-connmon stop
rm /var/lib/ideolab/textfile/ideolab_connmon.prom
"""


def test_what_breaks_is_named_with_what_mends_it(host: Chroot) -> None:
    """Many things at once; what the check prints, run in its order, mends them all."""
    host.install()
    wait_for_health(host)
    host.shell(BREAK)

    code, lines = verdicts(host)

    assert code == 1
    assert [line.split(":", 1)[0] for line in lines if "->" not in line] == [
        "wrong    files",
        "wrong    log manual.log",
        "wrong    action",
        "wrong    jail ideolab-connmon-net",
        "wrong    connmon",
        "wrong    textfile",
    ]
    mends = [line.split("-> ", 1)[1].split(" (")[0] for line in lines if "->" in line]
    for mend in dict.fromkeys(mends):
        host.shell(mend)
    wait_for_health(host)


def test_without_root_the_check_says_what_it_could_not_see(host: Chroot) -> None:
    """Which is no failure of what it did see."""
    host.install()
    wait_for_health(host)

    done = host.run("runuser", "-u", "nobody", "--", "ideolab-f2b", "check", check=False)

    lines = done.stdout.splitlines()
    unseen = {line.split(":")[0].split("  ")[-1].strip() for line in lines if line.startswith("unknown")}
    assert {"fail2ban", "jails", "sets", "sockets", "files"} <= unseen
    assert [line for line in lines if line.startswith("wrong")] == []
    assert done.returncode == 0


def test_without_the_right_to_make_namespaces_the_configuration_is_read(host: Chroot) -> None:
    """As in an unprivileged container: said, and installed all the same."""
    done = host.run(
        "setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", "--",
        "/usr/bin/python3", "-IB", "-c",
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from ideolab_f2b.cli import main; sys.exit(main())",
        str(CHECKOUT), "install",
    )  # fmt: skip

    assert done.stdout.startswith(
        "this host allows no namespaces: the configuration was only read, and our action loaded"
    )
    wait_for_health(host)


def test_no_start_only_places_the_files(host: Chroot) -> None:
    """For the build of an image."""
    rules = host.kernel()

    host.install("--no-start")

    assert host.kernel() == rules
    assert host.run("fail2ban-client", "ping", check=False).returncode != 0
    assert "connmon" not in host.out("ps", "-e", "-o", "args")
    host.install()
    wait_for_health(host)
