"""scripts/install --django on a fresh host with systemd: what the web user may do, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot
from tests.host.pack import wait_for_health
from tests.host.site import SHOWN, count_events, make_site, remove_site

pytestmark = pytest.mark.systemd
FOLLOW, EVENTS = "ideolab-accesslog-follow.service", "ideolab-accesslog-events.timer"
WEB = ("runuser", "-u", "www-data", "--")
#: eleven paths that only scanners ask for, as the app writes them
SCAN = """
import datetime, pathlib, sys
sys.path.insert(0, "/usr/local/lib/ideolab-f2b")
from ideolab_f2b import logline
for number in range(11):
    line = logline.format_line(
        datetime.datetime.now(datetime.timezone.utc), "traship", "offence", "198.51.100.66",
        {"reason": "sensitive_path", "status": 403, "method": "GET"},
        {"path": f"/.env{number}", "agent": "x"},
    )
    logline.append(pathlib.Path("/var/log/ideolab/traship.log"), line)
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot(shown=SHOWN) as machine:
        yield machine


def _wait_for_ban(machine: Machine, jail: str, address: str) -> None:
    wait_until(
        lambda: address in machine.out("fail2ban-client", "get", jail, "banip"),
        lambda: machine.shell("tail -30 /var/log/fail2ban.log"),
    )


def _wait_for_events(machine: Machine) -> None:
    """Return when the site has each line of the log and of what logrotate has kept."""
    lines = int(machine.shell("cat /var/log/ideolab/connmon_events.jsonl* | wc -l"))
    wait_until(
        lambda: count_events(machine) == lines,
        lambda: f"{lines} lines; {machine.shell(f'journalctl -o cat -u {FOLLOW}')}",
    )


def _follow_events(machine: Machine) -> None:
    """What the report action writes is in the site's database, also across a rotation and an outage."""
    for unit in (FOLLOW, "ideolab-accesslog@import_connmon_events.service"):
        machine.run("systemd-analyze", "security", "--threshold=20", unit)
    unnamed = machine.run("systemctl", "start", FOLLOW, check=False)
    assert "Assertion failed on job for ideolab-accesslog-follow.service" in unnamed.stderr
    make_site(machine)
    machine.run("systemctl", "enable", "--now", "--quiet", FOLLOW, EVENTS)
    _wait_for_events(machine)
    assert count_events(machine) >= 2

    machine.run("logrotate", "--force", "/etc/logrotate.d/ideolab-f2b")
    machine.run("ideolab-f2b", "ban", "198.51.100.8", "--for", "1h", "--reason", "a test")
    wait_until(
        lambda: machine.shell("wc -l </var/log/ideolab/connmon_events.jsonl") == "1\n", "it is reported"
    )
    _wait_for_events(machine)

    machine.run("chmod", "o-x", "/var/log/ideolab")
    machine.run("ideolab-f2b", "unban", "198.51.100.8")
    status = ("systemctl", "show", "--property=StatusText", "--value", FOLLOW)
    wait_until(lambda: "--django USER` lets the site's user" in machine.out(*status), "it says the way out")
    assert "wrong    site connmon_events.jsonl: no process" in machine.shell("ideolab-f2b check || true")
    machine.run("chmod", "o+x", "/var/log/ideolab")
    _wait_for_events(machine)
    said = machine.out("journalctl", "-o", "cat", "-u", FOLLOW)
    assert (said.count("Permission denied"), said.count("the import goes on")) == (1, 1)


def test_the_web_user_reports_and_bans_and_uninstall_leaves_nothing(machine: Machine) -> None:
    """Lines of the app are bans, the helper answers by sudo, events reach the site; nothing of it stays."""
    files, rules = machine.files(), machine.kernel()
    machine.install("--django", "www-data", "--sudo-for", "www-data")
    wait_for_health(machine)

    machine.run(*WEB, "/usr/bin/python3", "-c", SCAN)
    _wait_for_ban(machine, "ideolab-traship", "198.51.100.66")

    helper = "sudo -n /usr/local/sbin/ideolab-fw-ip"
    told = machine.out(*WEB, "sh", "-c", f"echo ban 198.51.100.7 3600 | {helper}")
    assert '"result": "banned"' in told
    assert '"result": "banned"' in machine.out(*WEB, "sh", "-c", f"echo check 198.51.100.7 | {helper}")
    # no word of the caller's choice
    assert machine.run(*WEB, "sh", "-c", f"{helper} --help", check=False).returncode == 1
    refused = machine.run(*WEB, "sh", "-c", f"echo ban 127.0.0.1 | {helper}", check=False)
    assert '"result": "refused"' in refused.stdout

    _follow_events(machine)
    gone = machine.install("--uninstall")
    assert gone.stderr == ""
    assert machine.run("systemctl", "is-active", FOLLOW, check=False).stdout == "inactive\n"
    remove_site(machine)
    assert (machine.files(), machine.kernel()) == (files, rules)
