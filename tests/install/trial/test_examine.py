"""A throw-away fail2ban-server tries a configuration: what it lets through, and what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.config import Settings
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.trial.examine import examine

pytestmark = pytest.mark.root

HOST = Host(has_journal=False)
OURS = "ideolab-asn, ideolab-connmon, ideolab-connmon-net, ideolab-manual"
#: how the two errors begin
BROKEN_BEFORE = "fail2ban's own configuration fails, also without this pack: "
REFUSED = "fail2ban does not work with this pack on this host: "
RAISING = "raise RuntimeError('not today')\n"


def sshd(etc: Path, log: str) -> None:
    (etc / "jail.d" / "defaults-debian.conf").write_text(f"[sshd]\nenabled = true\nlogpath = {log}\n")


def test_all_jails_start_and_nothing_is_touched(checkout: Source, etc: Path, tmp_path: Path) -> None:
    """The admin's firewall and mail actions do nothing meanwhile; their files stay as they are."""
    before = sorted((path, path.stat().st_mtime_ns) for path in etc.rglob("*"))

    examined = examine(checkout, HOST, Settings(), etc)

    assert examined.messages == (f"a throw-away fail2ban-server starts all jails: {OURS}, theirs",)
    assert not (tmp_path / "trace").exists()
    assert sorted((path, path.stat().st_mtime_ns) for path in etc.rglob("*")) == before


def test_an_sshd_jail_without_a_log_is_switched_off_and_explained(checkout: Source, etc: Path) -> None:
    """fail2ban would not start with it; where a journal can be read it reads that."""
    sshd(etc, "/nowhere/auth.log")

    examined = examine(checkout, HOST, Settings(), etc)

    assert "\n[sshd]\nenabled = false\n" in examined.block
    assert "the sshd jail is off" in examined.messages[1]


def test_an_sshd_jail_without_a_log_in_an_image_starts(checkout: Source, etc: Path) -> None:
    """With the file that stands in for the log: the host may have one, and the jail must not stay off."""
    (etc / "jail.d" / "defaults-debian.conf").write_text(
        "[DEFAULT]\nsshd_log = /nowhere/auth.log\n[sshd]\nenabled = true\n"
    )

    examined = examine(checkout, Host(has_journal=False, is_image=True), Settings(), etc)

    assert "\n[sshd]\nlogpath = %(sshd_log)s\n" in examined.block
    assert f"all jails: {OURS}, sshd, theirs" in examined.messages[0]


def test_an_sshd_jail_that_works_is_left_alone(checkout: Source, etc: Path, tmp_path: Path) -> None:
    """It starts with the others."""
    sshd(etc, f"{tmp_path}/their.log")

    examined = examine(checkout, HOST, Settings(), etc)

    assert "sshd" not in examined.block
    assert examined.messages == (f"a throw-away fail2ban-server starts all jails: {OURS}, sshd, theirs",)


def test_an_sshd_jail_of_the_admins_is_not_overruled(checkout: Source, etc: Path) -> None:
    """If it stops fail2ban, that is told; it was so before."""
    (etc / "jail.local").write_text("[sshd]\nenabled = true\nlogpath = /nowhere/auth.log\n")

    with pytest.raises(InstallError, match=f"{BROKEN_BEFORE}.*Have not found any log file for sshd jail"):
        examine(checkout, HOST, Settings(), etc)


def test_an_action_that_raises_is_found(checkout: Source, etc: Path) -> None:
    """It would end every jail of the server, and `fail2ban-client -t` calls it a success."""
    (etc / "action.d" / "raising.py").write_text(RAISING)
    (etc / "jail.d" / "ideolab.local").write_text("[ideolab-connmon]\naction = raising.py\n")

    assert "OK" in fail2ban_client.ask("-t", options=("-c", str(etc)))
    with pytest.raises(InstallError, match=f"{REFUSED}.*not today") as caught:
        examine(checkout, HOST, Settings(), etc)

    assert not re.search(BROKEN_BEFORE, str(caught.value))


def test_a_filter_of_ours_that_cannot_be_read_is_found(checkout: Source, etc: Path) -> None:
    """fail2ban would skip the jail and go on."""
    (etc / "jail.d" / "ideolab.local").write_text("[ideolab-connmon]\nfilter = no-such-filter\n")

    with pytest.raises(
        InstallError,
        match=rf"{REFUSED}.*'ideolab-connmon' skipped.*Unable to read the filter 'no-such-filter'",
    ):
        examine(checkout, HOST, Settings(), etc)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("jail.local", "[a]\nenabled = false\n[a]\nenabled = false\n", "section 'a' already exists"),
        ("action.d/raising.py", RAISING, "not today"),
    ],
)
def test_what_was_broken_before_is_told_apart(
    checkout: Source, etc: Path, file: str, text: str, said: str
) -> None:
    """The admin should not look for the mistake in this pack."""
    (etc / file).write_text(text)
    (etc / "jail.d" / "theirs.local").write_text(
        "[theirs]\naction = raising.py\n" if "raising" in file else ""
    )

    with pytest.raises(InstallError, match=f"{BROKEN_BEFORE}.*{said}"):
        examine(checkout, HOST, Settings(), etc)


def test_a_jail_of_the_admins_that_is_skipped_anyway_does_not_matter(checkout: Source, etc: Path) -> None:
    """fail2ban leaves it out with or without us."""
    (etc / "jail.d" / "theirs.local").write_text("[theirs]\nfilter = no-such-filter\n")

    examined = examine(checkout, HOST, Settings(), etc)

    assert examined.messages == (f"a throw-away fail2ban-server starts all jails: {OURS}",)


def test_the_block_that_the_admin_changed_is_what_is_tried(
    checkout: Source, etc: Path, tmp_path: Path
) -> None:
    """And refused when it does not work."""
    edited = (
        b"# >>> ideolab-f2b\n[ideolab-connmon]\nenabled = true\nlogpath = /nowhere.log\n# <<< ideolab-f2b\n"
    )

    with pytest.raises(InstallError, match=f"{REFUSED}.*Have not found any log file for ideolab-conn"):
        examine(checkout, HOST, Settings(), etc, edited)


def test_a_jail_that_the_admin_has_switched_off_stays_off(checkout: Source, etc: Path) -> None:
    """What jail.d/ideolab.local says comes after our block."""
    (etc / "jail.d" / "ideolab.local").write_text("[ideolab-connmon-net]\nenabled = false\n")

    examined = examine(checkout, HOST, Settings(), etc)

    assert examined.messages == (
        "a throw-away fail2ban-server starts all jails: ideolab-asn, ideolab-connmon, ideolab-manual, theirs",
    )


def test_a_section_of_the_admins_in_the_same_file_is_not_written_twice(checkout: Source, etc: Path) -> None:
    """Two of a name would stop fail2ban; the admin is told what is theirs to write."""
    (etc / "jail.local").write_text("[ideolab-manual]\nbantime = 1w\n")

    examined = examine(checkout, HOST, Settings(), etc)

    assert "[ideolab-manual]" not in examined.block
    assert examined.messages == (
        "a throw-away fail2ban-server starts all jails: ideolab-asn, ideolab-connmon, ideolab-connmon-net, "
        "theirs",
        "jail.local has a section [ideolab-manual] of its own; write enabled = true there yourself",
    )


def test_without_pyinotify_the_jails_poll(checkout: Source, etc: Path) -> None:
    """Which is said."""
    examined = examine(checkout, Host(has_pyinotify=False, has_journal=False), Settings(), etc)

    assert examined.block.count("backend = polling\n") == 4
    assert (
        examined.messages[1]
        == "fail2ban's Python has no pyinotify: the jails poll their logs, 0.1 s slower; "
        "apt-get install python3-pyinotify"
    )


def test_without_free_inotify_instances_the_jails_poll(checkout: Source, etc: Path) -> None:
    """fail2ban ends as a whole when a jail gets none; how to raise the limit is said."""
    asked: list[int] = []

    def count(wanted: int) -> int:
        asked.append(wanted)
        return 2

    examined = examine(checkout, HOST, Settings(), etc, count_inotify=count)

    # ours, the admin's, and fail2ban's own
    assert asked == [4 + 1 + 1]
    assert examined.block.count("# too few inotify instances were free") == 4
    assert examined.block.count("backend = polling\n") == 4
    assert examined.messages[0].startswith("a throw-away fail2ban-server starts all jails")
    assert examined.messages[1].startswith("only 2 of 6 inotify instances are free, and fail2ban does not")
    assert "sysctl -p /etc/sysctl.d/60-inotify.conf, then ideolab-f2b install" in examined.messages[1]


#: in a user namespace, whose root may set a limit of its own
_LIMITED = """
mount -t tmpfs tmpfs /run && echo $1 >/proc/sys/user/max_inotify_instances && exec "$0" -c '
import sys
from pathlib import Path
from ideolab_f2b.config import Settings
from ideolab_f2b.install import source
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.trial.examine import examine
try:
    print(*examine(source.find(), Host(has_journal=False), Settings(), Path(sys.argv[1])).messages, sep="\\n")
except InstallError as error:
    print(error)
' "$2"
"""


def limited(checkout: Source, etc: Path, limit: int) -> list[str]:
    """Examine where only so many inotify instances are free; return what is said."""
    words = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", _LIMITED, sys.executable)
    done = subprocess.run(
        [*words, str(limit), str(etc)],
        capture_output=True, text=True, timeout=240, cwd=checkout.package.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_real_server_starts_where_only_the_admins_jail_gets_an_instance(
    checkout: Source, etc: Path
) -> None:
    """The trial has our jails as they will be; with none left for theirs it says what to raise."""
    assert [line[:60] for line in limited(checkout, etc, 2)] == [
        "a throw-away fail2ban-server starts all jails: ideolab-asn, ",
        "only 2 of 6 inotify instances are free, and fail2ban does no",
    ]
    said = " ".join(limited(checkout, etc, 1))
    assert BROKEN_BEFORE in said
    assert "Correct that first: echo fs.inotify.max_user_instances=1024" in said
