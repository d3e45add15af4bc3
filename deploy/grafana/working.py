"""Is it working? What must be green for the host to be protected."""

from __future__ import annotations

from deploy.grafana import panel
from deploy.grafana.panel import GREEN, ORANGE, RED, Query, grown

TITLE = "Is it working?"
ANCHOR = "is-it-working"

#: Prometheus makes `exported_job` of a label `job` in a scraped file, unless honor_labels is set: take either
_AGE = (
    "time() - max by (instance, task) (label_replace(label_replace("
    'ideolab_f2b_last_success_timestamp_seconds, "task", "$1", "job", "(.+)"), '
    '"task", "$1", "exported_job", "(.+)"))'
)


def panels() -> list[panel.Panel]:
    return [
        panel.number(
            "Last success",
            "Seconds since each part last did its work. connmon reads the sockets, intake reads nginx's "
            "lines (only hosts installed with --nginx have it), report runs inside fail2ban-server, "
            "reconcile compares fail2ban with the kernel. Red from two minutes on: that part is dead or "
            "stuck, and what it feeds on this page is old.",
            Query(_AGE, "{{task}}"),
            "s",
            steps=((None, GREEN), (60, ORANGE), (120, RED)),
            width=8,
        ),
        panel.number(
            "Alerts",
            "How many alerts of deploy/prometheus/ideolab-f2b.rules.yml fire now. 0 may also mean that the "
            "rules are not loaded: Prometheus lists them under Status, Rules.",
            Query('sum(ALERTS{alertname=~"Ideolab.+", alertstate="firing"}) or vector(0)', ""),
            steps=((None, GREEN), (1, RED)),
        ),
        panel.number(
            "Drift",
            "Addresses that fail2ban holds banned and the kernel does not, or the other way round. The "
            "reconcile pass mends it within a minute; a number that stays means that it cannot.",
            Query("sum(ideolab_f2b_drift_elements)", ""),
            steps=((None, GREEN), (1, ORANGE), (100, RED)),
        ),
        panel.number(
            "Fullest set",
            "How full the fullest kernel set is. At 100 % no further address can be banned: raise maxelem "
            "(docs/ban.md).",
            Query("max(ideolab_f2b_set_fill_ratio)", ""),
            "percentunit",
            steps=((None, GREEN), (0.6, ORANGE), (0.8, RED)),
        ),
        panel.number(
            "Metric files",
            "Whether node_exporter could read every .prom file of its directory. After an error the numbers"
            " of one file are missing here.",
            Query("max(node_textfile_scrape_error)", ""),
            steps=((None, GREEN), (1, RED)),
            texts={0: ("readable", GREEN), 1: ("error", RED)},
        ),
        panel.lines(
            "From line to kernel",
            "How long a ban takes: from the time in the log line until the kernel drops the address. Half "
            "of all bans are faster than the 50 % line, all but 5 in 100 faster than the 95 % line. "
            "fail2ban's own pauses make about half a second of it; latency = low in the jail makes it 10 "
            "ms.",
            [
                Query(
                    f"histogram_quantile({share / 100:g}, sum by (le) "
                    "(rate(ideolab_f2b_ban_latency_seconds_bucket[5m])))",
                    f"{share} %",
                )
                for share in (50, 95, 99)
            ],
            "s",
            steps=((None, GREEN), (5, RED)),
        ),
        panel.lines(
            "Refused, failed, repaired",
            "In the last five minutes. Refused: a jail wanted to ban an address that must never be banned "
            "(ignoreip, your own, a logged-in admin). Failed: the kernel did not take a ban. Repaired: "
            "something else had removed our elements or rules, and they were put back.",
            [
                Query(grown("ideolab_f2b_refused_total", "jail", "5m"), "refused {{jail}}"),
                Query(grown("ideolab_f2b_ban_errors_total", "jail", "5m"), "failed {{jail}}"),
                Query(grown("ideolab_f2b_repairs_total", "set", "5m"), "repaired {{set}}"),
            ],
        ),
        panel.lines(
            "Kernel sets",
            "Elements that each kernel set holds, and the bans that fail2ban holds. Both rise "
            "and fall together.",
            [
                Query("sum by (set) (ideolab_f2b_kernel_elements)", "{{set}}"),
                Query("sum(ideolab_f2b_active_bans)", "fail2ban, all jails"),
            ],
        ),
    ]
