"""Which settings of ours a unit of fail2ban needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.config import Paths, Settings
from ideolab_f2b.install import sandbox
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.plan import plan
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.places import FAIL2BAN_DROP_IN

#: as the Arch wiki gives it, and NixOS ships it
HARDENED = """\
[Service]
ProtectSystem=strict
ReadWritePaths=-/var/run/fail2ban
CapabilityBoundingSet=CAP_AUDIT_READ CAP_DAC_READ_SEARCH CAP_NET_ADMIN CAP_NET_RAW
"""
ALL = frozenset({"ReadWritePaths", "CapabilityBoundingSet", "RestrictAddressFamilies"})


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (HARDENED, {"ReadWritePaths", "CapabilityBoundingSet"}),
        ("ProtectSystem=full\n# ProtectSystem=strict\nCapabilityBoundingSet=\n", set()),
        ("ProtectSystem = strict\nProtectSystem=yes\n", set()),
        ("ReadOnlyPaths=/\n", {"ReadWritePaths"}),
        ("CapabilityBoundingSet=~CAP_SYS_PTRACE\n", {"CapabilityBoundingSet"}),
        ("RestrictAddressFamilies=AF_UNIX AF_INET\n", {"RestrictAddressFamilies"}),
    ],
)
def test_only_what_is_restricted_is_needed(text: str, settings: set[str]) -> None:
    """A setting in a unit without it would itself restrict."""
    assert sandbox.decide(text.splitlines()) == settings


def test_the_files_of_the_unit(tmp_path: Path) -> None:
    """The unit that counts, and its drop-ins without ours, which the next install would take away else."""
    site = Site(tmp_path)
    assert sandbox.find(site) == frozenset()

    for name, text in (
        ("lib/systemd/system/fail2ban.service", "ProtectSystem=strict\n"),
        ("etc/systemd/system/fail2ban.service.d/b.conf", "RestrictAddressFamilies=\\\n AF_UNIX\n"),
        ("run/systemd/system/fail2ban.service.d/a.conf", "RestrictAddressFamilies=AF_INET\n"),
        (FAIL2BAN_DROP_IN.lstrip("/"), "CapabilityBoundingSet=CAP_NET_ADMIN\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert sandbox.find(site) == {"ReadWritePaths", "RestrictAddressFamilies"}

    (tmp_path / "etc/systemd/system/fail2ban.service").write_text("[Service]\n")
    assert sandbox.find(site) == {"RestrictAddressFamilies"}


def test_the_drop_in_has_what_is_needed(checkout: Source) -> None:
    """A paragraph for each setting, below its reason."""
    assert sandbox.render(checkout, frozenset()) == ""
    text = sandbox.render(checkout, frozenset({"CapabilityBoundingSet"}))

    assert "\n[Service]\n" in text
    assert "ReadWritePaths=-" not in text
    assert text.splitlines()[-1].startswith("CapabilityBoundingSet=CAP_NET_ADMIN ")
    assert sandbox.render(checkout, ALL).encode() == checkout.read("deploy/hardened/fail2ban.conf")


def test_the_drop_in_of_a_host(checkout: Source) -> None:
    """Where the unit is so, with the directories of this host."""
    settings = Settings(paths=Paths(log_dir=Path("/srv/log"), textfile_dir=Path("/srv/prom")))

    def drop_in(host: Host) -> list[File]:
        steps = plan(checkout, host, settings, "")
        return [step for step in steps if isinstance(step, File) and step.path == FAIL2BAN_DROP_IN]

    assert drop_in(Host()) == []
    assert drop_in(Host(has_systemd=False, runs_systemd=False, restricted=ALL)) == []
    (found,) = drop_in(Host(restricted=ALL))
    assert (
        b"ReadWritePaths=-/srv/log -/var/lib/ideolab -/var/lib/ideolab-f2b -/run/xtables.lock"
        in found.content
    )
    assert b" -/srv/prom\n" in found.content
