"""scripts/install --django on a fresh host with systemd: what the web user may do, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot
from tests.host.pack import wait_for_health

pytestmark = pytest.mark.systemd
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
    with boot() as machine:
        yield machine


def _wait_for_ban(machine: Machine, jail: str, address: str) -> None:
    wait_until(
        lambda: address in machine.out("fail2ban-client", "get", jail, "banip"),
        lambda: machine.shell("tail -30 /var/log/fail2ban.log"),
    )


def test_the_web_user_reports_and_bans_and_uninstall_leaves_nothing(machine: Machine) -> None:
    """Lines of the app are bans, the helper answers through sudo, and nothing of it stays afterwards."""
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

    gone = machine.install("--uninstall")
    assert gone.stderr == ""
    assert (machine.files(), machine.kernel()) == (files, rules)
