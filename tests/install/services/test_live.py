"""Which service is started, reloaded or restarted for which change."""

from __future__ import annotations

from typing import Any

import pytest

from ideolab_f2b import __version__, fail2ban_client, fail2ban_config
from ideolab_f2b.fail2ban_config import Configuration, ConfiguredJail
from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.services import live

JAIL = "ideolab-connmon"
ACTION = "/etc/fail2ban/action.d/ideolab-ban.py"


class Services:
    """fail2ban and the daemons of a host; `done` is what was done with them."""

    def __init__(
        self, *running: str, is_up: bool = True, actions: tuple[str, ...] = ("ideolab-ban",)
    ) -> None:
        self.running, self.is_up, self.actions = set(running), is_up, set(actions)
        self.done: list[str] = []
        self.stats: dict[str, Any] = {"version": __version__}
        self.failed = False

    def ask(self, *words: str) -> str:
        self.done.append(" ".join(words))
        self.running.add(JAIL)
        return ""

    def __getattr__(self, name: str) -> Any:
        """start_connmon() and the like, which are written down."""

        def act(**_options: bool) -> str:
            self.done.append(name)
            if "fail2ban" in name:
                self.running.add(JAIL)
            return name

        return act

    def has_failed(self) -> bool:
        return self.failed


def place(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Configuration({JAIL: ConfiguredJail("auto", ("/x.log",))}, ())
    monkeypatch.setattr(live, "services", lambda _host: services)
    monkeypatch.setattr(fail2ban_config, "read", lambda _path: wanted)
    monkeypatch.setattr(fail2ban_client, "is_up", lambda: services.is_up)
    monkeypatch.setattr(fail2ban_client, "jails", lambda: set(services.running))
    monkeypatch.setattr(fail2ban_client, "actions", lambda _jail, _options=(): services.actions)
    monkeypatch.setattr(fail2ban_client, "stats", lambda *_words: services.stats)
    monkeypatch.setattr(fail2ban_client, "ask", services.ask)


@pytest.mark.parametrize(
    ("services", "changed", "text", "done"),
    [
        (Services(is_up=False), set(), "fail2ban started", ["start_fail2ban"]),
        (Services(JAIL), set(), "fail2ban runs", []),
        (Services("sshd"), set(), "fail2ban reloaded", ["reload"]),
        (Services(JAIL), {"/etc/fail2ban/jail.local"}, "fail2ban reloaded", ["reload"]),
        (Services(JAIL), {"/srv/log/manual.log"}, "fail2ban reloaded", ["reload"]),
        (
            Services(JAIL), {ACTION},
            "fail2ban restarted: its code changed (bans stay in the kernel meanwhile)", ["restart_fail2ban"],
        ),
        (Services("sshd"), {ACTION}, "fail2ban reloaded", ["reload"]),
    ],
    ids=["down", "nothing new", "new jail", "another setting", "a log", "other code", "code of no jail yet"],
)  # fmt: skip
def test_fail2ban(
    services: Services, changed: set[str], text: str, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than the change needs: a reload keeps modules that the server has loaded."""
    place(services, monkeypatch)

    assert live.bring_up(Host(), changed) == [text, "start_connmon"]
    assert services.done == [*done, "start_connmon"]


def test_a_server_that_has_another_version_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was uninstalled since, and only a restart lets go of it."""
    services = Services("sshd")
    services.stats = {"version": "0.0.1"}
    place(services, monkeypatch)

    assert live.bring_up(Host(), set(), has_intake=True) == [
        "fail2ban restarted: it had version 0.0.1 loaded",
        "start_connmon",
        "start_intake",
    ]


class Reloaded(Services):
    """A server that runs since before an uninstall; only a restart lets go of its modules."""

    def restart_fail2ban(self) -> None:
        self.done.append("restart_fail2ban")
        self.stats = {"version": __version__}


@pytest.mark.parametrize("running", [JAIL, "sshd"], ids=["nothing new", "a new jail"])
@pytest.mark.parametrize(
    ("stats", "text"),
    [
        ({"degraded": "ImportError()"}, "fail2ban restarted: it could not load the pack"),
        ({"set": "ideolab_connmon"}, "fail2ban restarted: it had version unknown loaded"),
        ({"version": "0.0.1"}, "fail2ban restarted: it had version 0.0.1 loaded"),
    ],
)
def test_a_server_that_cannot_load_the_new_code(
    running: str, stats: dict[str, Any], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has old modules; a reload gives it actions that ban nobody, whatever this install has changed."""
    services = Reloaded(running)
    services.stats = stats
    place(services, monkeypatch)

    assert live.bring_up(Host(), set()) == [text, "start_connmon"]
    assert services.done[-2:] == ["restart_fail2ban", "start_connmon"]


@pytest.mark.parametrize("place_", [("ideolab-traship", "ideolab-ban"), (JAIL, "ideolab-report")])
def test_one_action_of_one_jail_is_enough(place_: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Jails take their actions at different times; one without an action of ours counts for nothing."""
    services = Services(JAIL, "ideolab-manual", "ideolab-traship")
    place(services, monkeypatch)
    stats = {place_: {"version": "0.0.1"}, (JAIL, "ideolab-ban"): {"version": __version__}}
    monkeypatch.setattr(fail2ban_client, "stats", lambda *asked: stats.get(asked))

    assert live.bring_up(Host(), set())[0] == "fail2ban restarted: it had version 0.0.1 loaded"


def test_a_restart_that_does_not_help_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jail runs, and each of its bans would fail."""
    services = Services(JAIL)
    services.stats = {"degraded": "ideolab_f2b cannot be loaded"}
    place(services, monkeypatch)

    with pytest.raises(InstallError, match="jail ideolab-connmon bans nobody: ideolab_f2b cannot be loaded"):
        live.bring_up(Host(), set())
    assert services.done == ["restart_fail2ban"]


@pytest.mark.parametrize(
    ("failed", "actions", "text"),
    [
        (True, ("ideolab-ban",), "fail2ban ended at once; see journalctl -u fail2ban"),
        (False, (), "jail ideolab-connmon runs without its action ideolab-ban"),
    ],
)
def test_jails_that_do_not_run_are_an_error(
    failed: bool, actions: tuple[str, ...], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """connmon is not started then."""
    services = Services(JAIL if not failed else "sshd", actions=actions)
    services.failed = failed
    place(services, monkeypatch)
    monkeypatch.setattr(services, "ask", lambda *_words: "")
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words: "")

    with pytest.raises(InstallError, match=text):
        live.bring_up(Host(), set())
    assert "start_connmon" not in services.done


def test_a_jail_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a limit; the error names it."""
    services = Services("sshd")
    place(services, monkeypatch)
    monkeypatch.setattr(fail2ban_client, "ask", lambda *_words: "")
    monkeypatch.setattr(live, "UP_S", 0.0)

    with pytest.raises(InstallError, match="after 0 s these jails do not run: ideolab-connmon"):
        live.bring_up(Host(), set())


@pytest.mark.parametrize(
    ("active", "enabled", "had_connmon", "text", "done"),
    [
        (
            True, True, True,
            "fail2ban runs with its former configuration", ["start_connmon", "reload"],
        ),
        (
            False, False, False,
            "fail2ban is stopped, as it was before", ["forget", "disable_fail2ban", "stop_fail2ban"],
        ),
    ],
)  # fmt: skip
def test_an_install_that_was_undone(
    active: bool,
    enabled: bool,
    had_connmon: bool,
    text: str,
    done: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The services are as they were."""
    services = Services(JAIL)
    place(services, monkeypatch)
    before = {"fail2ban_active": active, "fail2ban_enabled": enabled}

    assert live.restore(Host(), before, had_connmon=had_connmon) == text
    assert services.done == done


@pytest.mark.parametrize(
    ("had_connmon", "changed", "done"),
    [
        (True, {ACTION}, ["start_connmon", "restart_fail2ban"]),
        (True, {"/usr/local/lib/ideolab-f2b"}, ["start_connmon", "restart_fail2ban"]),
        (True, {"/etc/fail2ban/jail.local"}, ["start_connmon", "reload"]),
        (False, {ACTION}, ["forget", "reload"]),
    ],
    ids=["an action", "the package", "settings", "the first install"],
)
def test_an_update_that_was_undone(
    had_connmon: bool, changed: set[str], done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have loaded the code of the update, and a reload keeps it."""
    services = Services(JAIL)
    place(services, monkeypatch)
    before = {"fail2ban_active": True, "fail2ban_enabled": True}

    live.restore(Host(), before, had_connmon=had_connmon, changed=changed)

    assert services.done == done


def test_what_cannot_be_stopped_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An install that is undone goes on; how to start fail2ban again is said when that fails."""

    class Broken:
        """Nothing works."""

        def stop(self) -> None:
            raise CommandError("systemctl: no bus")

        stop_connmon = stop_intake = forget = stop

    monkeypatch.setattr(live, "services", lambda _host: Broken())

    live.stop_connmon(Host())
    live.stop_intake(Host())
    assert live.restore(Host(), {}, had_connmon=False) == (
        "fail2ban could not be made as it was: systemctl: no bus"
    )
