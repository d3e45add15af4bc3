"""From where? What the country list refuses, and whether it is in force."""

from __future__ import annotations

from deploy.grafana import panel
from deploy.grafana.panel import GREEN, RED, Query

TITLE = "From where?"
ANCHOR = "from-where"


def panels() -> list[panel.Panel]:
    return [
        panel.number(
            "Country list",
            "Whether the list that was confirmed is in force in the kernel. Empty: this host has none. "
            "`ideolab-f2b check` says what is missing.",
            Query("ideolab_geo_in_force", ""),
            steps=((None, RED), (1, GREEN)),
            texts={0: ("missing", RED), 1: ("in force", GREEN)},
            height=panel.HEIGHT,
        ),
        panel.lines(
            "Refused packets",
            "Attempts to connect that the country list refuses, in a second. A client that is refused tries "
            "again a few times.",
            [Query("sum by (family) (rate(ideolab_geo_refused_packets_total[5m]))", "{{family}}")],
            unit="pps",
            is_stacked=True,
        ),
        panel.lines(
            "Refused clients by country",
            "How many addresses (IPv6: /64s) the list has refused in the last five minutes. Many of a "
            "country that you have visitors in: the list is wrong, or they attack.",
            [Query("sum by (country) (ideolab_geo_refused_clients)", "{{country}}")],
            width=12,
            is_stacked=True,
        ),
    ]
