"""`install --django USER`: the logs of a site, their jail and their rotation."""

from __future__ import annotations

import grp
import pwd
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.install import web_user
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.plan import plan
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.log import Log
from tests.install.test_plan import HERE

ROTATION = "etc/logrotate.d/ideolab-f2b"


def install(root: Path, *words: str) -> int:
    (root / "etc" / "fail2ban").mkdir(parents=True, exist_ok=True)
    return cli.main(["install", "--root", str(root), *words])


def enabled(root: Path) -> bool:
    return "[ideolab-traship]\nenabled = true" in (root / "etc/fail2ban/jail.local").read_text()


def test_not_without_being_asked(tmp_path: Path) -> None:
    """A jail without its log would keep fail2ban from starting."""
    assert install(tmp_path) == 0

    assert not (tmp_path / "var/log/ideolab/traship.log").exists()
    assert not enabled(tmp_path)
    assert "0660" not in (tmp_path / ROTATION).read_text()


def test_a_site_of_www_data(tmp_path: Path) -> None:
    """The log is there, the jail reads it, the rotation keeps its group; the next install keeps all that."""
    for words in (("--django", "www-data"), ()):
        assert install(tmp_path, *words) == 0
        for name in ("traship.log", "manual.log"):
            assert (tmp_path / "var/log/ideolab" / name).stat().st_mode & 0o777 == 0o660
        assert enabled(tmp_path)
        text = (tmp_path / ROTATION).read_text()
        # the logs that the site writes, and the one that it imports
        assert text.count("su ideolab www-data\n") == 2
        assert text.count("create 0660 ideolab www-data\n") == 1
        assert text.count("create 0640 ideolab www-data\n") == 1
        assert text.count("su ideolab adm\n") == text.count("create 0640 ideolab adm\n") == 1

    assert cli.main(["uninstall", "--root", str(tmp_path)]) == 0
    assert not (tmp_path / "var/log/ideolab/traship.log").exists()


@pytest.mark.parametrize("name", ["", "a b", "../x", "x\ny", "-u"])
def test_only_a_name(site: Site, name: str) -> None:
    """What is none goes into no file."""
    with pytest.raises(InstallError, match="this is not the name"):
        web_user.group(site, name)


def test_its_group() -> None:
    """On the running system it is the user's own, whatever its name."""
    me = pwd.getpwuid(0)

    assert web_user.group(Site(), me.pw_name) == grp.getgrgid(me.pw_gid).gr_name
    with pytest.raises(InstallError, match="there is no such user"):
        web_user.group(Site(), "f2bfnobody")


def test_the_steps(checkout: Source) -> None:
    """The group may write two logs, and read the events."""
    steps = plan(checkout, Host(), HERE, "", web_group="www-data")

    assert [step for step in steps if isinstance(step, Log) and step.group == "www-data"] == [
        Log("/var/log/ideolab/connmon_events.jsonl", "ideolab", "www-data", 0o640, has_readers=True),
        Log("/var/log/ideolab/manual.log", "ideolab", "www-data", 0o660),
        Log("/var/log/ideolab/traship.log", "ideolab", "www-data", 0o660),
    ]
