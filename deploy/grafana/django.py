"""Django: what the web application saw, and whether its own bans work."""

from __future__ import annotations

from deploy.grafana import panel
from deploy.grafana.panel import GREEN, RED, Query, grown

TITLE = "Django"
ANCHOR = "django"


def panels() -> list[panel.Panel]:
    return [
        panel.lines(
            "Offences by reason",
            "Requests that no visitor makes, per five minutes and by reason: searches for secrets, scanners, "
            "bursts of errors. Empty without the Django application ideolab_accesslog.",
            [Query(grown("ideolab_accesslog_offences_total", "reason", "5m"), "{{reason}}")],
            is_stacked=True,
        ),
        panel.lines(
            "Firewall actions",
            "Bans, unbans and checks that people asked for in the admin pages, per five minutes, by what "
            "became of them.",
            [
                Query(
                    grown("ideolab_accesslog_firewall_actions_total", "action, result", "5m"),
                    "{{action}} {{result}}",
                )
            ],
            is_stacked=True,
        ),
        panel.lines(
            "Access log rows",
            "Rows that the application wrote about its requests, per second. dropped: its queue was full, "
            "the request was served and not logged.",
            [Query("sum by (result) (rate(ideolab_accesslog_rows_total[5m]))", "{{result}}")],
            is_stacked=True,
        ),
        panel.number(
            "Failed firewall actions, 1 h",
            "Actions of the admin pages in the last hour that did not end well: these addresses are not "
            "banned although somebody thinks so.",
            Query(
                'sum(increase(ideolab_accesslog_firewall_actions_total{result="failed"}[1h])) or vector(0)',
                "",
            ),
            steps=((None, GREEN), (1, RED)),
            width=12,
        ),
        panel.number(
            "Dropped rows, 1 h",
            "Requests of the last hour that were served and not logged, because the log's queue was full.",
            Query('sum(increase(ideolab_accesslog_rows_total{result="dropped"}[1h])) or vector(0)', ""),
            steps=((None, GREEN), (1, RED)),
            width=12,
        ),
    ]
