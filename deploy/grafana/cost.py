"""Cost: what the protection itself takes, and where it could choke."""

from __future__ import annotations

from deploy.grafana import panel
from deploy.grafana.panel import GREEN, ORANGE, RED, Query

TITLE = "Cost"
ANCHOR = "cost"


def panels() -> list[panel.Panel]:
    return [
        panel.lines(
            "Time of a snapshot",
            "How long connmon takes for a snapshot of all sockets. It takes one every five seconds, so more "
            "than one second is worth a thought (docs/detection.md).",
            [Query("max by (instance) (ideolab_f2b_snapshot_seconds)", "{{instance}}")],
            "s",
            steps=((None, GREEN), (1, ORANGE)),
        ),
        panel.lines(
            "Events waiting",
            "Bans whose report is not written yet. The report waits for the origin of the address; bans "
            "never wait for it. It may rise in an attack and must fall afterwards.",
            [Query("max by (instance) (ideolab_f2b_queue_depth)", "{{instance}}")],
            steps=((None, GREEN), (1000, RED)),
        ),
        panel.lines(
            "Events",
            "What became of the reports, per minute. written: with origin; without_origin: nobody knew it "
            "in time; lost: could not be written at all (disk full?), which must not happen.",
            [Query("60 * sum by (result) (rate(ideolab_f2b_events_total[5m]))", "{{result}}")],
            is_stacked=True,
        ),
        panel.lines(
            "Origin look-ups",
            "Look-ups of country and network per minute, by who answered. Most should be cache hits. Errors"
            " mean that a whois server cannot be reached: bans go on, countries are missing.",
            [
                Query(
                    "60 * sum by (source, result) (rate(ideolab_f2b_origin_lookups_total[5m]))",
                    "{{source}} {{result}}",
                )
            ],
            is_stacked=True,
        ),
        panel.lines(
            "Lines from nginx",
            "What the intake made of nginx's lines, per second. collapsed: counted in one line instead of "
            "written (a flood); lost: the disk was full; refused and malformed: somebody else wrote to the "
            "socket.",
            [Query("sum by (result) (rate(ideolab_f2b_intake_lines_total[5m]))", "{{result}}")],
            is_stacked=True,
        ),
        panel.number(
            "Time series",
            "Series that the pack costs Prometheus, all hosts together. It does not grow with the number of"
            " bans, because no address is ever a label; a host has fewer than 300.",
            Query('count({__name__=~"ideolab_(f2b|connmon|accesslog)_.+"})', ""),
            steps=((None, GREEN),),
            height=panel.HEIGHT,
        ),
        panel.number(
            "Versions",
            "Programs of the pack that run, by version. Two versions at once: fail2ban or connmon was not "
            "restarted after an update.",
            Query("count by (version) (ideolab_f2b_build_info)", "{{version}}"),
            steps=((None, GREEN),),
            height=panel.HEIGHT,
        ),
    ]
