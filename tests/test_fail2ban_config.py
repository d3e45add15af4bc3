"""The commands that fail2ban's client would send -> the jails they make."""

from __future__ import annotations

import shutil
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


@pytest.mark.skipif(shutil.which("fail2ban-client") is None, reason="needs fail2ban")
def test_a_configuration_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """With fail2ban's own words."""
    with pytest.raises(fail2ban_client.ClientError, match="nothing does not exist"):
        fail2ban_config.read(tmp_path / "nothing")


OLD, NEW = "nginx-ideolab-slowtls-access", "nginx-ideolab-stalled"


def test_names_of_an_earlier_version(tmp_path: Path) -> None:
    """In sections, in filters, as a file: each with what to type. Comments and our own files do not count."""
    for name in ("jail.d", "filter.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "jail.d" / "a.local").write_text(f"[{OLD}]\nmaxretry = 5\n")
    (tmp_path / "jail.d" / "b.conf").write_text(f"[mine]\nfilter = {OLD}[mode=aggressive]\n")
    (tmp_path / "jail.d" / "c.local").write_text(f"# [{OLD}]\n[{OLD}-of-mine]\n")
    (tmp_path / "jail.d" / "ideolab.conf").write_text(f"[{OLD}]\n")
    (tmp_path / "filter.d" / f"{OLD}.local").write_text("[Definition]\n")

    found = list(fail2ban_config.find_old_names(tmp_path))

    assert [one.path.name for one in found] == ["a.local", "b.conf", f"{OLD}.local"]
    assert str(found[0]) == (
        f"{tmp_path}/jail.d/a.local names {OLD}, which is {NEW} now: "
        "what it sets has no effect, and a jail that it enables is skipped"
    )
    assert found[0].mend == f"sed -i 's/{OLD}/{NEW}/' {tmp_path}/jail.d/a.local; fail2ban-client reload"
    assert found[2].mend == (
        f"mv {tmp_path}/filter.d/{OLD}.local {tmp_path}/filter.d/{NEW}.local; fail2ban-client reload"
    )


def test_names_in_our_block(tmp_path: Path) -> None:
    """They matter where the administrator has changed the block: an update leaves it as it is."""
    block = f"# >>> ideolab-f2b\n[{OLD}]\nenabled = true\n# <<< ideolab-f2b\n"
    (tmp_path / "jail.local").write_text(block)

    (old,) = fail2ban_config.find_old_names(tmp_path)
    assert old.mend == (
        f"move its settings to [{NEW}] in {tmp_path}/jail.local, delete [{OLD}]; fail2ban-client reload"
    )
    assert list(fail2ban_config.find_old_names(tmp_path, without_block=True)) == []
    assert list(fail2ban_config.find_old_names(tmp_path / "nothing")) == []
