"""The verb `ban-list`: exit code and output; what it does is in tests/firewall/saved."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from ideolab_f2b import cli, fail2ban_client
from ideolab_f2b.boot import restore
from ideolab_f2b.boot.restore import Restored
from ideolab_f2b.check.boot import systemctl
from ideolab_f2b.commands import ban_list
from ideolab_f2b.firewall.saved import make, nft
from ideolab_f2b.firewall.saved.nft import NftError
from ideolab_f2b.geo.rule import restore as country_list
from ideolab_f2b.geo.rule import saved_sets
from ideolab_f2b.kernel.netlink import ModuleMissingError


@pytest.fixture
def booting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with systemd that needs no set and no file."""
    monkeypatch.setattr(make, "make", lambda: [])
    monkeypatch.setattr(saved_sets, "make", lambda: None)
    monkeypatch.setattr(nft, "load_waiting", lambda: iter(()))
    monkeypatch.setattr(ban_list, "runs_systemd", lambda: True)


@pytest.mark.usefixtures("booting")
def test_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ban-list"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("booting")
def test_a_file_that_was_loaded_without_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is for the journal; it is no fault of the unit."""
    monkeypatch.setattr(nft, "load_waiting", lambda: iter(["/etc/nftables.conf"]))

    assert cli.main(["ban-list"]) == 0

    assert capsys.readouterr() == (
        "/etc/nftables.conf holds rules of ideolab-f2b, with which nft refuses it: loaded without them\n",
        "",
    )


@pytest.mark.usefixtures("booting")
def test_every_fault_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One keeps nothing else from being done, and the unit has failed."""

    def fail_without_ipset() -> list[str]:
        raise ModuleMissingError(errno.EINVAL, "ipset", "the kernel has no ip_set")

    def fail_in_nft() -> Iterator[str]:
        raise NftError("/etc/nftables.conf: nft loads nothing of it")

    monkeypatch.setattr(make, "make", fail_without_ipset)
    monkeypatch.setattr(nft, "load_waiting", fail_in_nft)

    assert cli.main(["ban-list"]) == 1

    first, second = capsys.readouterr().err.splitlines()
    assert "the kernel has no ip_set" in first
    assert second == "ideolab-f2b ban-list: /etc/nftables.conf: nft loads nothing of it"


@pytest.mark.usefixtures("booting")
def test_without_systemd_nft_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells whether it is about to load its file."""
    monkeypatch.setattr(ban_list, "runs_systemd", lambda: False)
    monkeypatch.setattr(nft, "load_waiting", lambda: pytest.fail("nft was asked"))

    assert cli.main(["ban-list"]) == 0


@pytest.fixture
def restoring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose fail2ban is about to start, with three bans and no country list."""
    monkeypatch.setattr(restore, "restore", lambda: Restored("3 elements are in force", ()))
    monkeypatch.setattr(country_list, "restore", lambda: "")
    monkeypatch.setattr(systemctl, "show", lambda *_words: {"UnitFileState": "enabled"})
    monkeypatch.setattr(ban_list, "runs_systemd", lambda: True)


@pytest.mark.usefixtures("restoring")
def test_a_restore(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is in force goes to the journal, and so does each fault."""
    assert cli.main(["ban-list", "--restore"]) == 0
    assert capsys.readouterr() == ("3 elements are in force\n", "")

    monkeypatch.setattr(restore, "restore", lambda: Restored("2 elements are in force", ("set a: no room",)))
    monkeypatch.setattr(country_list, "restore", lambda: "the country list is in force again: allow FR")

    assert cli.main(["ban-list", "--restore"]) == 1

    assert capsys.readouterr() == (
        "2 elements are in force\nthe country list is in force again: allow FR\n",
        "ideolab-f2b ban-list: set a: no room\n",
    )


@pytest.mark.usefixtures("restoring")
def test_a_restore_that_breaks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said, with who restores the bans then; neither part stops the other."""

    def fail(*_words: object) -> Restored:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(restore, "restore", fail)
    monkeypatch.setattr(country_list, "restore", fail)

    assert cli.main(["ban-list", "--restore"]) == 1

    assert capsys.readouterr().err == (
        "ideolab-f2b ban-list: the bans were not restored: ZeroDivisionError('a bug'); fail2ban restores them"
        " when it starts\n"
        "ideolab-f2b ban-list: the country list was not put in force: a bug;"
        " ideolab-f2b geo apply --confirm 60s\n"
    )


@pytest.mark.usefixtures("restoring")
def test_a_restore_while_fail2ban_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds the bans already; what it lifts a moment later must not come back."""
    monkeypatch.setattr(fail2ban_client, "find_server", lambda: 1)
    monkeypatch.setattr(restore, "restore", lambda: pytest.fail("it restores"))

    assert cli.main(["ban-list", "--restore"]) == 0

    assert capsys.readouterr().out == "fail2ban runs, and has restored its bans: nothing is changed\n"


@pytest.mark.usefixtures("restoring")
@pytest.mark.parametrize("state", ["disabled", "masked"])
def test_a_fail2ban_that_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    """Nobody would ever lift a permanent ban."""
    monkeypatch.setattr(systemctl, "show", lambda *_words: {"UnitFileState": state})
    monkeypatch.setattr(restore, "restore", lambda: pytest.fail("it restores"))

    assert cli.main(["ban-list", "--restore"]) == 0

    assert capsys.readouterr().out == "fail2ban does not start with this host: no bans restored\n"


@pytest.mark.usefixtures("restoring")
@pytest.mark.parametrize("shown", [{}, {"UnitFileState": ""}, {"UnitFileState": "generated"}])
def test_a_fail2ban_of_another_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shown: dict[str, str]
) -> None:
    """An init script, a unit of another name: what is not known keeps no ban away."""
    monkeypatch.setattr(systemctl, "show", lambda *_words: shown)

    assert cli.main(["ban-list", "--restore"]) == 0

    assert capsys.readouterr().out == "3 elements are in force\n"
