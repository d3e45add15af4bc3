"""Checks the firewall rules that this host has saved with ours in them: do they load at a boot?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ideolab_f2b.check.boot import systemctl
from ideolab_f2b.check.boot.services import find_links, judge_script
from ideolab_f2b.check.verdict import OK, WRONG, Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall.names import LIST
from ideolab_f2b.firewall.saved import nft
from ideolab_f2b.firewall.saved import rules as saved
from ideolab_f2b.firewall.saved.rules import SavedRule, SavedRules
from ideolab_f2b.places import BAN_LIST, BAN_LIST_SCRIPT, find_compose, runs_systemd

SAVED = "saved rules"
_ON_THE_HOST = f"on the host: grep -ls {LIST} /etc/iptables/* /etc/nftables.conf"


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
    return judge_ban_list(systemctl.show(BAN_LIST, "UnitFileState", "ActiveState"))


def judge_ban_list(shown: Mapping[str, str]) -> Verdict:
    """Return the verdict on the unit that makes our sets, from what systemctl shows of it. Pure."""
    check, mend, state = f"boot {BAN_LIST_SCRIPT}", f"systemctl enable {BAN_LIST}", shown.get("UnitFileState")
    if state is None:
        return unknown(check, "systemctl does not say whether it starts with this host")
    if shown.get("ActiveState") == "failed":
        why = f"journalctl -b -u {BAN_LIST} says why"
        return wrong(check, f"has failed: {why}", f"systemctl restart {BAN_LIST}")
    if state in systemctl.ENABLED:
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
    if rule.is_table:
        text = f"{rule.path} holds our table, and nft loads NOTHING of it while fail2ban runs"
        return wrong(
            SAVED, f"{text}, which owns the one in the kernel: a reload brings nothing new", rule.mend
        )
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
