"""Checks that the kernel holds what fail2ban holds, and repairs what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import comparison
from ideolab_f2b.bans import repair as repairing
from ideolab_f2b.bans.comparison import BanComparison
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.netlink import KernelError, PermissionDeniedError
from ideolab_f2b.places import restart, show_log

_MEND = "ideolab-f2b check --repair (ideolab-f2b bans shows which)"


def drift(_settings: Settings) -> Iterator[Verdict]:
    """Compare each jail that has kernel sets."""
    try:
        seen = comparison.make()
    except PermissionDeniedError as error:
        yield unknown("drift", str(error))
    except KernelError as error:
        yield wrong("drift", str(error), error.way_out)
    except fail2ban_client.ClientError as error:
        yield unknown("drift", f"this needs fail2ban: {error}")
    else:
        yield from judge(seen)


def judge(seen: BanComparison) -> Iterator[Verdict]:
    """Yield a verdict on each of our jails that was compared. Pure."""
    if seen.trouble:
        yield unknown("drift", f"this needs fail2ban: {seen.trouble}", restart("fail2ban"))
        return
    ours = [jail for jail in seen.jails if jail.set is not None]
    for jail in ours:
        counts: dict[str, int] = {}
        for row in seen.rows:
            if row.is_drift and row.jail == jail.name:
                counts[row.state] = counts.get(row.state, 0) + 1
        check = f"drift {jail.name}"
        if jail.queued:
            yield unknown(check, "fail2ban is still restoring its bans", "ideolab-f2b check")
        elif counts:
            words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
            yield wrong(check, f"the kernel differs from fail2ban: {words} of {len(jail.bans)} bans", _MEND)
        else:
            yield ok(check, f"the kernel holds what fail2ban holds ({len(jail.bans)} bans)")
    yield from _judge_orphans(seen)


def _judge_orphans(seen: BanComparison) -> Iterator[Verdict]:
    """Yield a verdict on each set that no running jail has."""
    counts = Counter(row.set for row in seen.rows if row.is_drift and row.jail is None)
    for name, count in sorted(counts.items(), key=str):
        text = f"no running jail has it, and what it holds is dropped: {count} elements"
        yield wrong(f"drift set {name}", text, _MEND)


def repair() -> Verdict:
    """Repair what differs, and return a verdict that says how much that was."""
    try:
        done = repairing.repair()
    except fail2ban_client.ServerDownError as error:
        text = (
            f"fail2ban is down, and only fail2ban knows which bans to put back: {error}{_without_a_server()}"
        )
        return wrong("repair", text, restart("fail2ban"))
    except fail2ban_client.ClientError as error:
        return unknown("repair", str(error), "sudo ideolab-f2b check --repair")
    except repairing.RepairError as error:
        return wrong("repair", str(error), restart("fail2ban"))
    if done.trouble:
        return wrong("repair", done.trouble, show_log("fail2ban"))
    counts = ", ".join(f"{count} in {name}" for name, count in sorted(done.counts.items()))
    return ok("repair", f"repaired: {counts}" if counts else "nothing differed")


def _without_a_server() -> str:
    try:
        programs = repairing.put_rules()
    except (OSError, RuleError) as error:
        return f"; {error}"
    return f"; put back: the rule of {', '.join(programs)}" if programs else ""
