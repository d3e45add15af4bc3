"""The settings of the access log: what is logged, who asks, and how rows are stored."""

from __future__ import annotations

from ideolab_accesslog.conf.setting import Setting
from ideolab_accesslog.setting_types import (
    AUTO_SWITCH,
    COUNT,
    DATABASE_ALIAS,
    HEADER,
    PART,
    PATH,
    POSITIVE,
    PROXIES,
    SIZE,
    SWITCH,
    TEXTS,
    WHOLE_NUMBERS,
    choice,
)

# names and values are those of the first version
ACCESS_LOG = (
    # --- what is logged
    Setting("ACCESSLOG_ENABLED", SWITCH, True, "log requests at all"),
    Setting("ACCESSLOG_STATUS_CODES", WHOLE_NUMBERS, [200], "answers with these statuses are logged"),
    Setting("ACCESSLOG_SAMPLE_RATE", PART, 1.0, "the part of these answers that is logged; `0.2` is a fifth"),
    Setting(
        "ACCESSLOG_EXCLUDE_PREFIXES",
        TEXTS,
        ["/static/", "/media/", "/favicon.ico", "/robots.txt"],
        "paths that begin with one of these are not logged",
    ),
    Setting(
        "ACCESSLOG_EXCLUDE_EXTENSIONS",
        TEXTS,
        [
            *(".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico"),
            *(".woff", ".woff2", ".map"),
        ],
        "paths that end with one of these are not logged",
    ),
    Setting(
        "ACCESSLOG_TESTING",
        AUTO_SWITCH,
        "auto",
        "this process runs tests: nothing is stored, written or banned; `auto`: where a test runner works",
    ),
    Setting(
        "ACCESSLOG_EXCLUDE_ADMIN",
        SWITCH,
        True,
        "the pages of Django's admin are not logged, at whatever prefix the URLconf has them",
    ),
    # --- who asks
    Setting(
        "ACCESSLOG_TRUSTED_PROXIES",
        PROXIES,
        [],
        "addresses and networks of your proxies, whose header is believed; none: the peer's address counts",
    ),
    Setting(
        "ACCESSLOG_TRUST_UNIX_SOCKET",
        SWITCH,
        False,
        "a request without a peer's address comes from your proxy on a unix socket",
    ),
    Setting(
        "ACCESSLOG_FORWARDED_HEADER",
        HEADER,
        "X-Forwarded-For",
        "the header in which the proxies name the client",
    ),
    # --- how rows are stored
    Setting(
        "ACCESSLOG_SINK",
        choice("queue", "spool", "direct"),
        "queue",
        "`queue`: a thread writes batches; `spool`: through files, so that a kill -9 loses no row; "
        "`direct`: in the request",
    ),
    Setting(
        "ACCESSLOG_DATABASE",
        DATABASE_ALIAS,
        "default",
        "the alias of the database that holds the access log; the other tables follow your database routers",
    ),
    Setting(
        "ACCESSLOG_OWN_FILE",
        SWITCH,
        True,
        "on SQLite, keep the app's tables in a file of their own beside the site's, which the app would lock",
    ),
    Setting(
        "ACCESSLOG_FLUSH_S",
        POSITIVE,
        0.5,
        "seconds between two batches: with `queue`, a kill -9 loses the rows of this time",
    ),
    Setting("ACCESSLOG_BATCH", COUNT, 500, "rows of one batch"),
    Setting(
        "ACCESSLOG_QUEUE_MAX",
        COUNT,
        20000,
        "rows that wait for the database at most; more are dropped and counted",
    ),
    Setting(
        "ACCESSLOG_SPOOL",
        PATH,
        "/var/spool/ideolab/accesslog",
        "the directory of the sink `spool`; it belongs to the user of the site's processes",
    ),
    Setting(
        "ACCESSLOG_SPOOL_MAX_MB",
        SIZE,
        1024,
        "MiB that the directory may have while the database is away; more is dropped and counted",
    ),
    # --- events of fail2ban and connmon
    Setting(
        "ACCESSLOG_EVENTS",
        PATH,
        "/var/log/ideolab/connmon_events.jsonl",
        "the file that `import_connmon_events` reads",
    ),
    Setting(
        "ACCESSLOG_EVENTS_REJECTS",
        PATH,
        "/var/lib/ideolab-accesslog/events.rejected",
        "where it keeps lines that are no events, 20 MB at most; the directory belongs to its user",
    ),
    # --- the security dashboard
    Setting(
        "ACCESSLOG_METRICS_DIR",
        PATH,
        "/var/lib/ideolab/textfile",
        "the directory in which the dashboard reads `ideolab_connmon.prom` and `ideolab_f2b.prom` "
        "(`textfile_dir` of f2b.conf)",
    ),
)
