"""Checks what comes back with a boot: the services, and a saved firewall that holds our rule."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Optional

from ideolab_f2b.check.services import is_asked, is_opener_asked
from ideolab_f2b.check.verdict import OK, WRONG, Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall.names import LIST
from ideolab_f2b.firewall.saved import nft
from ideolab_f2b.firewall.saved import rules as saved
from ideolab_f2b.firewall.saved.rules import SavedRule, SavedRules
from ideolab_f2b.manifest import ManifestError
from ideolab_f2b.places import (
    BAN_LIST,
    BAN_LIST_SCRIPT,
    INTAKE,
    JAIL_LOCAL,
    NETNS,
    SERVICE,
    find_compose,
    runs_systemd,
)

FAIL2BAN = "fail2ban"
SAVED = "saved rules"
#: seconds for systemctl
_SYSTEMCTL_S = 20
_ON_THE_HOST = f"on the host: grep -ls {LIST} /etc/iptables/* /etc/nftables.conf"
#: what systemd calls a unit that a boot starts; enabled-runtime ends with the boot
ENABLED = ("enabled",)


def boot(_settings: Settings) -> Iterator[Verdict]:
    """Check each service that this host is to have."""
    if find_compose():
        what = "what starts the containers of the pack with this host is not seen from inside"
        yield unknown("boot", what, "on the host: systemctl is-enabled docker; and restart: in compose.yaml")
        return
    names = [FAIL2BAN, SERVICE, *([INTAKE] if is_asked(Path(JAIL_LOCAL)) else []), *_find_opener()]
    if runs_systemd():
        states = ask_systemd([*names, f"{SERVICE}.timer"])
        yield from (judge_unit(name, states) for name in names)
    else:
        yield from (judge_script(name, find_links(name)) for name in names)


def _find_opener() -> list[str]:
    try:
        return [NETNS] if is_opener_asked() else []
    except (OSError, ManifestError):
        # the check of the opener says so
        return []


def ask_systemd(names: Collection[str]) -> Optional[dict[str, str]]:
    """Return {unit: the state of its file}; None when systemd does not say."""
    units = [name if "." in name else f"{name}.service" for name in names]
    words = ["systemctl", "show", "--property=Id,UnitFileState", "--", *units]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_SYSTEMCTL_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode else parse(done.stdout)


def parse(text: str) -> dict[str, str]:
    """Read the blocks of `systemctl show`. Pure."""
    blocks = [
        dict(line.split("=", 1) for line in one.splitlines() if "=" in line) for one in text.split("\n\n")
    ]
    return {one["Id"]: one.get("UnitFileState", "") for one in blocks if "Id" in one}


def judge_unit(name: str, states: Optional[Mapping[str, str]]) -> Verdict:
    """Return the verdict on a service of systemd's; connmon may be started by its timer. Pure."""
    check, mend = f"boot {name}", f"systemctl enable {name}"
    if states is None:
        return unknown(check, "systemctl does not say what starts with this host")
    for unit in (f"{name}.service", f"{name}.timer"):
        if states.get(unit) in ENABLED:
            return ok(check, f"{unit} starts with this host")
    state = states.get(f"{name}.service", "")
    if state == "masked":
        return wrong(check, "is masked: it does not start with this host", f"systemctl unmask {name}; {mend}")
    if state == "generated":
        return judge_script(name, find_links(name))
    return wrong(check, f"does not start with this host ({state or 'it has no unit'})", mend)


def find_links(name: str, etc: Path = Path("/etc")) -> Optional[list[str]]:
    """Return what starts an init script at a boot; None where this host has no place for that."""
    places = [*etc.glob("rc[2-5].d"), *etc.glob("runlevels/*")]
    if not places:
        return None
    links = [*etc.glob(f"rc[S2-5].d/S[0-9][0-9]{name}"), *etc.glob(f"runlevels/*/{name}")]
    # a link to a script that is gone starts nothing
    return [str(link) for link in sorted(links) if link.exists()]


def judge_script(name: str, links: Optional[Collection[str]]) -> Verdict:
    """Return the verdict on an init script from the links that start it. Pure."""
    check = f"boot {name}"
    if links is None:
        return unknown(check, "what starts with this host is not known: it has no runlevels", "ask its init")
    if not links:
        mend = f"update-rc.d {name} defaults (OpenRC: rc-update add {name})"
        return wrong(check, "does not start with this host", mend)
    return ok(check, f"{next(iter(links))} starts it with this host")


def saved_rules(_settings: Settings) -> Iterator[Verdict]:
    """Look into each file that may be loaded at a boot, and at what makes our sets before that."""
    if find_compose():
        what = "a firewall that this host has saved is not seen from inside"
        yield unknown(SAVED, what, f"{_ON_THE_HOST} (docs/containers.md#a-saved-firewall)")
        return
    yield from judge_files(saved.find(), _judge_maker(), nft.list_files() if runs_systemd() else [])


def _judge_maker() -> Verdict:
    """Return the verdict on what makes the sets of saved rules at a boot."""
    if not runs_systemd():
        return judge_script(BAN_LIST_SCRIPT, find_links(BAN_LIST_SCRIPT))
    words = ["systemctl", "show", "--property=UnitFileState,ActiveState", "--", BAN_LIST]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_SYSTEMCTL_S)
    except (OSError, subprocess.SubprocessError):
        return judge_ban_list({})
    return judge_ban_list(dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line))


def judge_ban_list(shown: Mapping[str, str]) -> Verdict:
    """Return the verdict on the unit that makes our sets, from what systemctl shows of it. Pure."""
    check, mend, state = f"boot {BAN_LIST_SCRIPT}", f"systemctl enable {BAN_LIST}", shown.get("UnitFileState")
    if state is None:
        return unknown(check, "systemctl does not say whether it starts with this host")
    if shown.get("ActiveState") == "failed":
        why = f"journalctl -b -u {BAN_LIST} says why"
        return wrong(check, f"has failed: {why}", f"systemctl restart {BAN_LIST}")
    if state in ENABLED:
        return ok(check, f"{BAN_LIST} starts with this host")
    if state == "masked":
        return wrong(check, "is masked", f"systemctl unmask {BAN_LIST}; {mend}")
    if not state:
        return wrong(check, "has no unit", "ideolab-f2b install")
    return wrong(check, f"does not start with this host ({state})", mend)


def judge_files(found: SavedRules, maker: Verdict, loaded: Collection[Path] = ()) -> Iterator[Verdict]:
    """Yield a verdict on each file with our rule, or one. Pure.

    `maker`: the verdict on what makes their sets first; `loaded`: the files of nft's own service.
    """
    for path in found.unread:
        yield unknown(SAVED, f"{path} cannot be read")
    for rule in found.rules:
        yield _judge_file(rule, maker, is_loaded=rule.path in loaded)
    if not found.unread and not found.rules:
        text = f"none of {found.files} files holds our rule" if found.files else "no firewall is saved here"
        yield ok(SAVED, text)
    if maker.state == WRONG and (found.rules or "failed" in maker.text):
        yield maker


def _judge_file(rule: SavedRule, maker: Verdict, *, is_loaded: bool) -> Verdict:
    if rule.by_nft:
        text = f"{rule.path} holds our rule as nft shows it, and nft loads NOTHING of a file with that"
        rescue = f"after a boot this host has only what {BAN_LIST} loads of it, after a reload nothing new"
        lost = "AFTER THE NEXT BOOT THIS HOST HAS NO FIREWALL"
        return wrong(SAVED, f"{text}: {rescue if is_loaded and maker.state == OK else lost}", rule.mend)
    if maker.state == OK:
        return ok(SAVED, f"{rule.path} holds our rule, and its sets are made before that is loaded")
    text = (
        f"{rule.path} holds our rule, and iptables-restore loads NOTHING of a file whose sets are not there"
    )
    if maker.state == WRONG:
        # the next line says what makes them
        return wrong(SAVED, f"{text}: AFTER THE NEXT BOOT THIS HOST HAS NO FIREWALL", rule.mend)
    return unknown(SAVED, f"{text}; {maker.text}", rule.mend)
