"""Says what no rule of this host can drop: guests on the network's own bridge, macvlan, Cilium's routing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ideolab_f2b.check.verdict import Verdict, unknown
from ideolab_f2b.config import Settings
from ideolab_f2b.kernel.interfaces import Interface, read_interfaces

_SWITCHES = (
    Path("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    Path("/proc/sys/net/bridge/bridge-nf-call-ip6tables"),
)
#: kinds of a bridge's ports that are guests, and those that lead to a network outside
_GUESTS = frozenset(("veth", "netkit", "tun"))
_UPLINKS = frozenset(("", "bond", "team", "vlan", "vxlan"))
_CILIUM = frozenset(("cilium_host", "cilium_net"))
_OWN_STACK = frozenset(("macvlan", "ipvlan", "macvtap", "ipvtap"))
#: names that one line has
_NAMES = 5
_DOCS = "docs/containers.md#what-no-rule-of-the-host-covers"
_BRIDGED = (
    "modprobe br_netfilter; sysctl net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1"
)


def limits(_settings: Settings) -> Iterator[Verdict]:
    """Look at the interfaces of this host; no verdict where none of them is a limit."""
    try:
        yield from judge(read_interfaces(), calls_iptables=all(map(_is_on, _SWITCHES)))
    except OSError as error:
        yield unknown("limit", str(error))


def _is_on(path: Path) -> bool:
    try:
        return path.read_text().strip() not in ("", "0")
    except OSError:
        return False


def judge(links: Collection[Interface], *, calls_iptables: bool) -> Iterator[Verdict]:
    """Yield what is said of the interfaces; `calls_iptables`: bridges send frames to iptables. Pure."""
    for bridge in links:
        if bridge.kind == "bridge" and not (calls_iptables or bridge.calls_iptables):
            yield from _judge_bridge(bridge, [link for link in links if link.master == bridge.number])
    found = [link.name for link in links if link.name in _CILIUM]
    if found:
        text = f"{_name(found)}: Cilium may route past iptables by eBPF, and then no rule of this host drops"
        mend = (
            f"cilium status --verbose; with `Routing: Host: BPF` use CiliumClusterwideNetworkPolicy ({_DOCS})"
        )
        yield unknown("limit Cilium", text, mend)
    found = [link.name for link in links if link.kind in _OWN_STACK]
    if found:
        text = f"{_name(found)}: what comes to a macvlan or ipvlan guest passes no rule of this host"
        yield unknown(
            "limit macvlan", text, f"install ideolab-f2b in the guest, or take a bridge with NAT ({_DOCS})"
        )


def _judge_bridge(bridge: Interface, ports: Collection[Interface]) -> Iterator[Verdict]:
    guests = [port.name for port in ports if port.kind in _GUESTS]
    uplinks = [port.name for port in ports if port.kind in _UPLINKS]
    if guests and uplinks:
        text = (
            f"{_name(guests)} is on one bridge with {_name(uplinks)}: no rule of this host sees its packets"
        )
        yield unknown(f"limit {bridge.name}", text, f"{_BRIDGED}; or rules in the guest ({_DOCS})")


def _name(names: Collection[str]) -> str:
    shown = [*names][:_NAMES]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")
