"""What is attacking? What the connections do, and what is done about it."""

from __future__ import annotations

from deploy.grafana import panel
from deploy.grafana.panel import GREEN, ORANGE, RED, Query, grown

TITLE = "What is attacking?"
ANCHOR = "what-is-attacking"


def panels() -> list[panel.Panel]:
    return [
        panel.lines(
            "Connections by what they are doing",
            "Open connections on the watched ports. mute: sent nothing; partial-hello: half a TLS greeting;"
            " handshake-only: TLS done, then silence; trickle and slow-read: a byte at a time. These five "
            "hold a slot of the web server and cost the attacker nothing. idle and active are what browsers"
            " do (docs/detection.md).",
            [Query("sum by (phase) (ideolab_f2b_connections)", "{{phase}}")],
            width=12,
            is_stacked=True,
        ),
        panel.lines(
            "Bans in 5 minutes, by jail",
            "Which rule finds the attackers: new bans of the last five minutes by jail. Bans that a restart"
            " of fail2ban only puts back are not counted.",
            [Query(grown("ideolab_f2b_bans_total", "jail", "5m"), "{{jail}}")],
            width=12,
            is_stacked=True,
        ),
        panel.lines(
            "Pressure",
            "How full the web server is: 0 calm, 1 busy, 2 exhausted, which means that visitors are refused "
            "or wait (docs/detection.md). An attack at 0 does not hurt yet.",
            [Query("max by (instance, port) (ideolab_connmon_pressure)", "{{instance}} {{port}}")],
            steps=((None, GREEN), (1, ORANGE), (2, RED)),
        ),
        panel.lines(
            "Slots of the web server",
            "Connections that nginx holds, and how many it can hold (worker_processes x worker_connections; "
            "each proxied request takes a second one, which is not counted as taken here). Waiting: not "
            "accepted yet.",
            [
                Query("sum by (port) (ideolab_connmon_slots)", "taken {{port}}"),
                Query("sum by (port) (ideolab_connmon_capacity)", "capacity {{port}}"),
                Query("sum by (port) (ideolab_connmon_accept_queue)", "waiting {{port}}"),
            ],
        ),
        panel.lines(
            "Established connections",
            "All established connections on the watched ports. A jump without more visitors is an attack, "
            "or a page that became popular: the panel above tells which.",
            [Query("ideolab_connmon_established_443", "{{instance}}")],
        ),
        panel.lines(
            "Suspects",
            "Addresses that connmon holds for attackers now. It should fall back to 0 a few seconds after "
            "it rose, because suspects get banned.",
            [Query("ideolab_connmon_suspect_ips", "{{instance}}")],
        ),
        panel.lines(
            "Bans in 5 minutes",
            "New bans of the two connmon jails within the last five minutes.",
            [Query("increase(ideolab_connmon_bans_total[5m])", "{{instance}}")],
        ),
        panel.lines(
            "Packets dropped",
            "Packets per second from banned addresses that the kernel threw away. It ends some time after "
            "the last attacker gave up.",
            [Query("sum by (set) (rate(ideolab_f2b_dropped_packets_total[5m]))", "{{set}}")],
            "pps",
        ),
        panel.lines(
            "Sockets closed",
            "Open connections of banned addresses that were closed at once, per second: so many slots the "
            "web server got back.",
            [Query("sum(rate(ideolab_f2b_sockets_destroyed_total[5m]))", "closed")],
            "cps",
        ),
        panel.lines(
            "Suspects by scope",
            "ip: IPv4 addresses and IPv6 /64; net: networks (/24, /56 or /48) in which nearly everything is "
            "hostile, which is a botnet.",
            [Query("sum by (scope) (ideolab_f2b_suspects)", "{{scope}}")],
        ),
    ]
