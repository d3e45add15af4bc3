"""How many of nginx's connections one client may hold at an application, by how many there are. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ideolab_f2b.install.nginx.configuration import Directive

#: worker_connections of nginx where none are configured
DEFAULT = 512
#: fewer of them are used up by a few clients, each with what ideolab-proxy.conf and -stream.conf allow
ENOUGH = 2048
#: requests of one host at an application, as ideolab-proxy.conf has them: no fewer than its files may be
MOST = 200
#: no page works with fewer
LEAST = 50
#: each takes two connections, so that two clients leave a fifth to the others
_PART = 5
#: hosts that are worth a network
_NETWORK = 4


def find(directives: Iterable[Directive]) -> int:
    """Return the worker_connections of a configuration."""
    found = [one.arguments for one in directives if one.name == "worker_connections"]
    return int(found[0][0]) if found and found[0] and found[0][0].isdigit() else DEFAULT


def fit(text: str, connections: int) -> str:
    """Return the text of ideolab-proxy.conf with limits for so many connections."""
    host = min(MOST, max(LEAST, connections // _PART))
    for zone, number in (("ideolab_proxied", 1), ("ideolab_proxied_net", _NETWORK)):
        text = text.replace(f"limit_conn {zone} {MOST * number};", f"limit_conn {zone} {host * number};")
    return text


def messages(connections: int) -> list[str]:
    """Return what the admin has to do where each worker has few connections."""
    if connections >= ENOUGH:
        return []
    return [
        f"nginx: worker_connections is {connections}: a few clients use up as many. Write worker_connections "
        "4096; into events{} and worker_rlimit_nofile 16384; outside of it, then install again"
    ]
