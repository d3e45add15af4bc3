"""What is asked of systemctl."""

from __future__ import annotations

import pytest

from ideolab_f2b.install.errors import CommandError
from ideolab_f2b.install.services import systemd
from tests.host.overlay import REPOSITORY
from tests.install.services.programs import Programs

#: is-active, is-enabled and is-failed are true for these units
ANSWER = """\
case "$2 $3" in
{true}) exit 0 ;;
"is-"*) exit 3 ;;
esac
"""


def systemctl(programs: Programs, *true: str) -> None:
    answers = "|".join(f'"{question}"' for question in true) or '""'
    programs.add("systemctl", ANSWER.format(true=answers))


def changes(programs: Programs) -> list[str]:
    """The calls that change something, without the words that all have."""
    calls = [call.removeprefix("systemctl ").removeprefix("--quiet ") for call in programs.calls]
    return [call for call in calls if not call.startswith("is-")]


def test_the_state_that_uninstall_restores(programs: Programs) -> None:
    """Whether fail2ban runs, and whether it starts at boot."""
    systemctl(programs, "is-active fail2ban.service")

    assert systemd.state() == {"fail2ban_active": True, "fail2ban_enabled": False}
    assert changes(programs) == []


@pytest.mark.parametrize(
    ("true", "is_changed", "text", "restarts"),
    [
        ((), False, "ideolab-connmon.service started", True),
        (("is-active ideolab-connmon.service",), False, "ideolab-connmon.service runs", False),
        (("is-active ideolab-connmon.service",), True, "ideolab-connmon.service started", True),
        (("is-enabled ideolab-connmon.timer",), True, "ideolab-connmon.timer is enabled and stays", None),
    ],
)
def test_connmon_is_started_as_the_admin_runs_it(
    programs: Programs, true: tuple[str, ...], is_changed: bool, text: str, restarts: bool | None
) -> None:
    """As a service, or by the timer; a service that runs is restarted when its code changed."""
    systemctl(programs, *true)

    assert systemd.start_connmon(is_changed=is_changed) == text
    assert changes(programs) == [
        "daemon-reload",
        *(["enable ideolab-connmon.service"] if restarts is not None else []),
        *(["restart ideolab-connmon.service"] if restarts else []),
    ]


def test_stop_leaves_alone_what_does_not_run(programs: Programs) -> None:
    """A unit that is not there would be an error."""
    systemctl(programs, "is-active ideolab-connmon.service", "is-enabled ideolab-connmon.timer")

    systemd.stop_connmon()

    assert changes(programs) == ["stop ideolab-connmon.service", "disable ideolab-connmon.timer"]


def test_the_timers_stop_where_they_were_enabled(programs: Programs) -> None:
    """A unit that the admin never enabled is left alone."""
    systemctl(programs, "is-active ideolab-asn.timer", "is-enabled ideolab-asn.timer")

    systemd.stop_timers()

    assert changes(programs) == ["stop ideolab-asn.timer", "disable ideolab-asn.timer"]


def test_what_a_site_has_enabled_is_stopped() -> None:
    """Each timer of the site's commands, and the import that follows."""
    units = {path.name for path in (REPOSITORY / "deploy/systemd").glob("ideolab-accesslog-*")}

    assert units - {"ideolab-accesslog-sudo@.service"} <= set(systemd.TIMERS)


def test_fail2ban_is_started_after_many_failed_starts(programs: Programs) -> None:
    """systemd would refuse one more."""
    systemctl(programs)

    systemd.start_fail2ban()

    assert changes(programs) == [
        "daemon-reload",
        "reset-failed fail2ban.service",
        "enable fail2ban.service",
        "restart fail2ban.service",
    ]


def test_a_systemctl_that_fails_is_an_error(programs: Programs) -> None:
    """With its own words."""
    programs.add("systemctl", "echo 'Unit fail2ban.service not found.' >&2; exit 5")

    with pytest.raises(CommandError, match=r"restart fail2ban\.service: Unit fail2ban\.service not found"):
        systemd.restart_fail2ban()
    assert systemd.has_failed() is False


def test_timers_that_the_admin_has_enabled_are_stopped(programs: Programs) -> None:
    """Those of the AS numbers and of the country list; what does not run is left alone."""
    systemctl(
        programs,
        "is-active ideolab-geo.timer",
        "is-enabled ideolab-geo.timer",
        "is-active ideolab-geo.service",
    )

    systemd.stop_timers()

    assert changes(programs) == [
        "stop ideolab-geo.timer", "disable ideolab-geo.timer", "stop ideolab-geo.service",
    ]  # fmt: skip
