"""How init scripts are called."""

from __future__ import annotations

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.install.services import sysv
from tests.install.services.programs import Programs


@pytest.fixture
def scripts(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """The scripts of connmon and fail2ban; the intake has none."""
    monkeypatch.setattr(sysv, "CONNMON", str(programs.add("ideolab-connmon")))
    monkeypatch.setattr(sysv, "INTAKE", str(programs.directory / "ideolab-intake"))
    monkeypatch.setattr(sysv, "FAIL2BAN", str(programs.add("fail2ban")))
    programs.add("update-rc.d")
    return programs


@pytest.mark.parametrize(("is_changed", "verb"), [(False, "start"), (True, "restart")])
def test_connmon_starts_now_and_at_boot(scripts: Programs, is_changed: bool, verb: str) -> None:
    """A script that is called to start a daemon that runs does nothing."""
    text = sysv.start_connmon(is_changed=is_changed)

    assert text == f"{sysv.CONNMON} {verb}ed"
    assert scripts.calls == [
        "update-rc.d ideolab-ban-list defaults",
        "update-rc.d ideolab-ban-restore defaults",
        "update-rc.d ideolab-connmon defaults",
        f"ideolab-connmon {verb}",
    ]


def test_a_script_that_is_not_there_is_not_called(scripts: Programs) -> None:
    """The intake is there only with --nginx."""
    sysv.stop_intake()
    assert scripts.calls == []

    sysv.stop_connmon()
    assert scripts.calls == ["ideolab-connmon stop"]


def test_links_go_with_the_scripts(scripts: Programs) -> None:
    """Of all three daemons, and of what a boot runs."""
    sysv.forget()

    names = (
        "ideolab-connmon", "ideolab-intake", "ideolab-netns", "ideolab-ban-list", "ideolab-ban-restore",
    )  # fmt: skip
    assert scripts.calls == [f"update-rc.d {name} remove" for name in names]


def test_fail2ban_by_its_script_or_by_its_client(scripts: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script knows /etc/default/fail2ban."""
    sysv.start_fail2ban()
    monkeypatch.setattr(sysv, "FAIL2BAN", "/no/script")
    scripts.add("fail2ban-client")
    sysv.restart_fail2ban()

    assert scripts.calls == ["fail2ban start", "fail2ban-client restart"]


@pytest.mark.parametrize(("is_up", "calls"), [(True, ["fail2ban stop"]), (False, [])])
def test_a_fail2ban_that_is_down_is_not_stopped(
    scripts: Programs, monkeypatch: pytest.MonkeyPatch, is_up: bool, calls: list[str]
) -> None:
    """Its script calls that a failure."""
    monkeypatch.setattr(fail2ban_client, "is_up", lambda: is_up)

    sysv.stop_fail2ban()
    sysv.disable_fail2ban()

    assert scripts.calls == calls
    assert sysv.state() == {"fail2ban_active": is_up, "fail2ban_enabled": True}
    assert sysv.has_failed() is False
