"""Who? Countries and networks of the banned, never an address."""

from __future__ import annotations

from deploy.grafana import panel
from deploy.grafana.panel import Query, grown

TITLE = "Who?"
ANCHOR = "who"


def _most(expr: str, legend: str) -> Query:
    return Query(f"sort_desc(topk(10, {expr}))", legend)


def panels() -> list[panel.Panel]:
    return [
        panel.ranking(
            "Countries",
            "Bans by country in the time range above. It is the country where the network is registered, "
            "not where the attacker sits. The 20 most frequent have a series of their own, all others are "
            "other.",
            _most(grown("ideolab_f2b_bans_by_country_total", "country", "$__range"), "{{country}}"),
        ),
        panel.ranking(
            "Networks (AS number)",
            "Bans by autonomous system, the company that runs the network, in the time range above. "
            "`ideolab-f2b origin ADDRESS` tells its name; many bans of one hosting company are a botnet of "
            "rented servers.",
            _most(grown("ideolab_f2b_bans_by_asn_total", "asn", "$__range"), "{{asn}}"),
        ),
        panel.ranking(
            "Addresses or networks",
            "Bans in the time range above, by what was banned (ip: one address, net: a whole network) and "
            "by family (inet: IPv4, inet6: IPv6).",
            _most(grown("ideolab_f2b_bans_total", "scope, family", "$__range"), "{{scope}} {{family}}"),
        ),
        panel.lines(
            "Bans in force",
            "Addresses and networks that are banned now, by jail. `ideolab-f2b bans` lists them.",
            [Query("sum by (jail, family) (ideolab_f2b_active_bans)", "{{jail}} {{family}}")],
            width=12,
            is_stacked=True,
        ),
        panel.lines(
            "Bans lifted and put back",
            "In the last five minutes. Lifted: the time of the ban was over, or a person ended it. Put "
            "back: fail2ban restarted and restored what it held.",
            [
                Query(grown("ideolab_f2b_unbans_total", "jail", "5m"), "lifted {{jail}}"),
                Query(grown("ideolab_f2b_restored_total", "jail", "5m"), "put back {{jail}}"),
            ],
            width=12,
        ),
    ]
