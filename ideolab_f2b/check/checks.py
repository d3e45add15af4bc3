"""All checks, in the order in which faults are mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ideolab_f2b import config
from ideolab_f2b.check import (
    drift,
    files,
    forwarding,
    kernel,
    logs,
    protected,
    root_helper,
    sandbox,
    server,
    services,
    sshd,
    textfile,
)
from ideolab_f2b.check.boot import bans, saved_rules
from ideolab_f2b.check.boot import services as boot_services
from ideolab_f2b.check.containers import containers, limits, network, volumes
from ideolab_f2b.check.lists import asn, geo, geo_rule
from ideolab_f2b.check.nginx import capacity, datagrams, ports, proxy, senders
from ideolab_f2b.check.verdict import Verdict, unknown, wrong
from ideolab_f2b.config import Settings

#: no jail starts without the files, and no rule comes without a jail
CHECKS: dict[str, Callable[[Settings], Iterator[Verdict]]] = {
    "files": lambda _settings: files.ours(),
    "logs": files.logs,
    "site": logs.optional_logs,
    "clock": files.clock,
    "helper": root_helper.helper,
    "action": server.action,
    "fail2ban": server.fail2ban,
    "sandbox": sandbox.sandbox,
    "network": network.network,
    "jails": server.jails,
    "sshd": sshd.sshd_jail,
    "backend": kernel.backend,
    "sets": kernel.sets,
    "rules": kernel.rules,
    "saved": saved_rules.saved_rules,
    "forwarding": forwarding.forwarding,
    "limits": limits.limits,
    "volumes": volumes.volumes,
    "drift": drift.drift,
    "sockets": kernel.destroy,
    "boot": boot_services.boot,
    "bans": bans.bans,
    "connmon": services.connmon,
    "opener": services.opener,
    "ports": ports.ports,
    "containers": containers.containers,
    "capacity": capacity.capacity,
    "intake": services.intake,
    "senders": senders.senders,
    "queue": datagrams.datagrams,
    "report": services.report,
    "textfile": textfile.textfile,
    "front": proxy.front,
    "asn": asn.asn,
    "geo": geo.geo,
    "geo-rule": geo_rule.geo_rule,
    "protected": protected.protection,
}
#: what compares the host with the settings: by the defaults it would say to take a country list away
COMPARED = ("geo", "geo-rule")


def check_all(path: Path) -> Iterator[Verdict]:
    """Check the settings in `path` and then everything else; a check that raises does not stop the others."""
    yield from files.settings_file(path)
    try:
        settings = config.load(path)
    except config.ConfigError:
        settings, is_valid = Settings(), False
    else:
        is_valid = True
    for name, check in CHECKS.items():
        if name in COMPARED and not is_valid:
            yield unknown(name, f"what is wanted is not known: {path} is not valid", f"correct {path}")
            continue
        try:
            yield from check(settings)
        except Exception as error:
            yield wrong(name, f"the check itself failed: {error!r}", "report this as a bug of ideolab-f2b")
