"""The commands that fail2ban's client would send -> the jails they make."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client, fail2ban_config
from ideolab_f2b.fail2ban_config import ConfiguredJail

DUMP = """\
['set', 'syslogsocket', 'auto']
['add', 'sshd', 'systemd']
['set', 'sshd', 'maxretry', 5]
['config-error', "Jail 'mine' skipped, because of wrong configuration: Unable to read the filter 'mine'"]
['add', 'web', 'auto']
['set', 'web', 'addlogpath', '/var/log/a.log', 'head']
['set', 'web', 'addlogpath', '/var/log/b.log', 'tail']
['start', 'sshd']
['start', 'web']
"""


def test_jails_have_a_backend_and_the_logs_that_were_found() -> None:
    """One that fail2ban would skip is told with its reason."""
    assert fail2ban_config.parse(DUMP) == (
        {
            "sshd": ConfiguredJail("systemd", ()),
            "web": ConfiguredJail("auto", ("/var/log/a.log", "/var/log/b.log")),
        },
        ("Jail 'mine' skipped, because of wrong configuration: Unable to read the filter 'mine'",),
    )


@pytest.mark.skipif(not fail2ban_client.is_installed(), reason="needs fail2ban")
def test_a_configuration_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """With fail2ban's own words."""
    with pytest.raises(fail2ban_client.ClientError, match="nothing does not exist"):
        fail2ban_config.read(tmp_path / "nothing")
