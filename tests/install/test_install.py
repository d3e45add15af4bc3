"""`install` from end to end into a staging directory, and with services that only take notes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ideolab_f2b.firewall.saved.rules import SavedRule, SavedRules
from ideolab_f2b.install import install as module
from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.nginx import host as nginx
from ideolab_f2b.install.options import InstallRequest
from ideolab_f2b.install.site import Site
from ideolab_f2b.manifest import InstallOptions
from ideolab_f2b.places import NO_LOG
from tests.install.staging import MANIFEST, root, run, tree

__all__ = ["root"]


def test_a_second_install_keeps_everything(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And changes nothing, not even the manifest."""
    code, said, _errors = run(capsys, "install", "--root", root)
    after = tree(root)

    again, said_again, _errors = run(capsys, "install", "--root", root)

    assert (code, again) == (0, 0)
    assert {line.split()[0] for line in said} == {"created", "kept"}
    assert {line.split()[0] for line in said_again} == {"kept"}
    assert tree(root).keys() == after.keys()
    assert [path for path, found in tree(root).items() if found != after[path]] == []


def test_a_dry_run_says_the_same_and_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line."""
    before = tree(root)

    code, dry, _errors = run(capsys, "install", "--root", root, "--dry-run")
    assert tree(root) == before
    _code, wet, _errors = run(capsys, "install", "--root", root)

    assert (code, dry) == (0, wet)


def test_settings_of_the_admin_reach_jails_and_daemons(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A f2b.conf that was there first is kept, and followed."""
    (root / "etc/ideolab").mkdir()
    (root / "etc/ideolab/f2b.conf").write_text("[connmon]\nport = 8443\n[paths]\nlog_dir = /srv/log\n")

    code, said, _errors = run(capsys, "install", "--root", root)

    assert code == 0
    assert (
        "kept     /etc/ideolab/f2b.conf  (changed by you; the pack's own is in /usr/local/lib/ideolab-f2b)"
        in said
    )
    assert (root / "srv/log/connmon.log").exists()
    assert (
        f"logpath = /srv/log/connmon.log\n          {NO_LOG}\nport = 8443\n"
        in (root / "etc/fail2ban/jail.local").read_text()
    )
    rotation = (root / "etc/logrotate.d/ideolab-f2b").read_text()
    assert "\n/srv/log/connmon.log\n" in rotation
    assert "\n/srv/log/nginx-access.log {\n" in rotation
    assert "/var/log" not in rotation


def test_settings_that_are_wrong_stop_the_install(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is written."""
    (root / "etc/ideolab").mkdir()
    (root / "etc/ideolab/f2b.conf").write_text("[connmon]\nprot = 8443\n")
    before = tree(root)

    code, said, errors = run(capsys, "install", "--root", root)

    assert (code, said) == (1, [])
    assert "[connmon] has no key 'prot'" in errors
    assert tree(root) == before


def test_the_manifest_is_roots_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may hold what stood in files that not everybody may read."""
    run(capsys, "install", "--root", root)

    assert (root / MANIFEST).stat().st_mode & 0o777 == 0o600
    assert json.loads((root / MANIFEST).read_text())["services"] == {}


def test_the_program_runs_from_the_staged_library(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the installed one will: with the library's own place and nothing else of ours in the path."""
    run(capsys, "install", "--root", root)
    program = (root / "usr/local/bin/ideolab-f2b").read_text()

    assert program.splitlines()[0] == "#!/usr/bin/python3 -I"
    assert 'sys.path.insert(0, "/usr/local/lib/ideolab-f2b")' in program
    assert os.access(root / "usr/local/bin/ideolab-f2b", os.X_OK)
    assert (root / "usr/local/lib/ideolab-f2b/ideolab_f2b/cli.py").exists()


class Services:
    """fail2ban, nginx and the daemons; `done` is what was done with them, `changed` what they were told."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.changed: set[str] = set()
        self.error: BaseException | None = None

    def services(self, _host: object) -> Services:
        return self

    def state(self) -> dict[str, bool]:
        return {"fail2ban_active": True, "fail2ban_enabled": True}

    def bring_up(self, _host: object, changed: set[str], *, has_intake: bool, has_opener: bool) -> list[str]:
        self.changed = changed
        if self.error:
            raise self.error
        return [f"up, the intake {has_intake}"]

    def restore(self, _host: object, _before: object, *, had_connmon: bool, changed: set[str]) -> str:
        self.changed = changed
        return f"restored {had_connmon}"

    def __getattr__(self, name: str) -> Callable[..., str]:
        """stop_intake() of live and reload() of nginx and the like, which are written down."""

        def act(*_words: object) -> str:
            self.done.append(name)
            return name

        return act


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    """A staging directory counts as the running system with these services, unless with --no-start."""
    found = Services()
    decide = module._decide

    def decide_live(root: Path, request: InstallRequest) -> module.Installation:
        return replace(decide(root, request), is_live=request.is_started)

    monkeypatch.setattr(module, "_decide", decide_live)
    monkeypatch.setattr(module, "live", found)
    for name in ("test", "reload", "reload_without_ours"):
        monkeypatch.setattr(nginx, name, getattr(found, name))
    return found


def test_an_install_after_no_start_does_the_rest(root: Path, services: Services) -> None:
    """All that was placed counts as changed; once, for the install after it has nothing to do."""
    module.install(root, InstallRequest(has_nginx=True), print)
    module.install(root, InstallRequest(is_started=False), print)
    services.done.clear()

    module.install(root, InstallRequest(), print)
    assert {"/usr/local/lib/ideolab-f2b", "/etc/fail2ban/jail.local"} <= services.changed
    assert services.done == ["test", "reload"]

    module.install(root, InstallRequest(), print)
    assert services.changed == set()


def test_nginx_goes_on_without_our_files(root: Path, services: Services) -> None:
    """The intake has nothing to read any more."""
    module.install(root, InstallRequest(has_nginx=True), print)
    services.done.clear()

    said: list[str] = []
    assert module.install(root, InstallRequest(withdrawn=frozenset({"nginx"})), said.append) == []

    assert services.done == ["stop_intake", "reload_without_ours"]
    assert "up, the intake False" in said
    assert not (root / "etc/nginx/conf.d/ideolab-log.conf").exists()


def test_an_nginx_that_would_not_start_without_our_files(
    root: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is done; the exit code is 1."""

    def fail() -> str:
        raise InstallError("nginx still runs, but would not start any more: x")

    module.install(root, InstallRequest(has_nginx=True), print)
    monkeypatch.setattr(nginx, "reload_without_ours", fail)

    assert module.install(root, InstallRequest(withdrawn=frozenset({"nginx"})), print) == [
        "nginx still runs, but would not start any more: x"
    ]


@pytest.mark.parametrize("error", [OverflowError("gid"), SyntaxError("x"), SystemExit(3)])
def test_an_error_that_nobody_expects_is_undone_and_raised(
    error: BaseException, root: Path, services: Services
) -> None:
    """A fault of the installer's own leaves no half of the pack."""
    before = tree(root)
    services.error = error
    said: list[str] = []

    with pytest.raises(type(error)):
        module.install(root, InstallRequest(), said.append)

    assert said[-2:] == ["restored False", "Everything is as it was before."]
    assert {path for path in tree(root) if path not in before} <= {"var", "var/lib"}


@pytest.mark.parametrize(
    ("error", "text"),
    [(CommandError("systemctl: no bus"), "systemctl: no bus"), (KeyboardInterrupt(), "interrupted")],
)
def test_a_failed_update_is_undone(error: BaseException, text: str, root: Path, services: Services) -> None:
    """What it had written is told to whoever makes fail2ban what it was."""
    module.install(root, InstallRequest(), print)
    code = root / "usr/local/lib/ideolab-f2b/ideolab_f2b/cli.py"
    code.write_text("an older version\n")
    services.error = error

    with pytest.raises(InstallError, match=text) as caught:
        module.install(root, InstallRequest(), print)

    assert caught.value.outcome == "Everything is as it was before."
    assert services.changed == {"/usr/local/lib/ideolab-f2b"}
    assert code.read_text() == "an older version\n"


def test_what_uses_our_nginx_files_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the running system nginx is asked before anything is written."""
    text = "nginx would not start any more; first delete these lines: x: include y;"
    monkeypatch.setattr(nginx, "refusal", lambda: text)

    with pytest.raises(InstallError, match="first delete these lines"):
        module._require_unused(InstallOptions(nginx=True), InstallOptions(), Site())


def test_settings_of_a_jail_that_was_renamed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The update says where they are and what to type; the file is the administrator's and stays as it is."""
    own = root / "etc" / "fail2ban" / "jail.d" / "own.local"
    own.parent.mkdir()
    own.write_text("[nginx-ideolab-slowtls-access]\nmaxretry = 5\n")

    code, lines, _errors = run(capsys, "install", "--root", root)

    assert code == 0
    assert [line for line in lines if "slowtls-access" in line] == [
        f"{own} names nginx-ideolab-slowtls-access, which is nginx-ideolab-stalled now: what it sets has no "
        "effect, and a jail that it enables is skipped; "
        f"sed -i 's/nginx-ideolab-slowtls-access/nginx-ideolab-stalled/' {own}; fail2ban-client reload"
    ]
    assert own.read_text() == "[nginx-ideolab-slowtls-access]\nmaxretry = 5\n"


@pytest.mark.parametrize(
    ("by_nft", "boots_daemons", "said"),
    [(False, True, []), (False, False, ["run `ideolab-f2b ban-list`"]), (True, True, ["nft loads nothing"])],
)
def test_a_saved_firewall_that_does_not_load(
    by_nft: bool, boots_daemons: bool, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is named, and the command that takes our rule out; what the unit loads needs no word."""
    held = SavedRule(Path("/etc/saved"), by_nft)
    monkeypatch.setattr("ideolab_f2b.firewall.saved.rules.find", lambda: SavedRules([held], 1, []))

    told = list(module._find_unloadable(Host(boots_daemons=boots_daemons)))

    assert [text for text, part in zip(told, said) if part in text and text.endswith(held.mend)] == told
    assert len(told) == len(said)
