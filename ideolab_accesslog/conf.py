"""The settings ACCESSLOG_* and TRASHIP_*: one row for each, from which defaults, checks and docs are made.

`python -m ideolab_accesslog.conf` prints all of them as one Markdown table; docs/settings.md has the same
rows in three tables, which `python -m tests.docs.django_settings` writes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Callable, NamedTuple, TypeVar

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from ideolab_accesslog.setting_types import (
    AUTO_SWITCH,
    CACHE_ALIAS,
    COUNT,
    COUNT_S,
    DATABASE_ALIAS,
    HEADER,
    NETWORKS,
    OPTIONAL_PATH,
    PART,
    PATH,
    POSITIVE,
    PROXIES,
    SIZE,
    SWITCH,
    TEXTS,
    TEXTS_BY_WORD,
    UNDERSTOOD,
    WHOLE_NUMBERS,
    WORDS,
    Reading,
    SettingType,
    choice,
)

logger = logging.getLogger("ideolab_accesslog")


class Setting(NamedTuple):
    """One setting; `help` is Markdown without a full stop, for the cell of a table."""

    name: str
    type: SettingType
    default: Any
    help: str


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
)
SCANNERS = (
    Setting("TRASHIP_ENABLED", SWITCH, True, "look for scanners at all"),
    Setting("TRASHIP_404_WINDOW_S", POSITIVE, 600, "seconds of the sliding window in which 404s are counted"),
    Setting(
        "TRASHIP_404_THRESHOLD",
        COUNT,
        200,
        "after this many offences in the window, a quarter of `TRASHIP_404_DISTINCT` is a burst; by itself "
        "the number makes none",
    ),
    Setting(
        "TRASHIP_404_DISTINCT",
        COUNT,
        20,
        "points in the window that are a burst; each different missing page is one, a sensitive path two",
    ),
    Setting(
        "TRASHIP_CACHE",
        CACHE_ALIAS,
        "default",
        "the alias of the cache in which all processes count together (Redis, memcached)",
    ),
    Setting(
        "TRASHIP_BLOCK_SENSITIVE",
        SWITCH,
        True,
        "answer 403 to a sensitive path that the site does not have; `False`: count it after the site's 404",
    ),
    Setting(
        "TRASHIP_BLOCK_EARLY",
        SWITCH,
        True,
        "block before the view; `False`: only after the site's own 404, for sites whose middleware answers "
        "paths that no URL pattern has",
    ),
    Setting(
        "TRASHIP_RULES",
        choice("segments", "substrings", former={"seed": "substrings"}),
        "segments",
        "`segments`: whole parts of the path and real endings; `substrings`: the two lists below, blocked "
        "whatever the site has there (`seed`, its former name, still works)",
    ),
    Setting(
        "TRASHIP_SENSITIVE_SUBSTRINGS",
        TEXTS,
        [
            *("/wp-", "/wordpress", "/wp-admin", "/wp-login", "/xmlrpc.php"),
            *("/.env", "/.git", "/.svn", "/.hg", "/phpmyadmin", "/pma", "/admin.php", "/login.php"),
        ],
        "a path with one of these in it is sensitive; with `segments`, only entries that you add count",
    ),
    Setting(
        "TRASHIP_SENSITIVE_SUFFIXES",
        TEXTS,
        [
            *(".php", ".asp", ".aspx", ".cgi", ".pl", ".bak", ".old", ".sql", ".zip", ".tar", ".gz"),
        ],
        "a path that ends in one of these is sensitive; with `segments`, only entries that you add count",
    ),
    Setting(
        "TRASHIP_ALLOW_PATHS",
        TEXTS,
        [],
        'paths that are never an offence, missing ones either: `"/shop.php"` itself, `"/old/"` all below, '
        '`"*.action"` a pattern',
    ),
    Setting(
        "TRASHIP_SPARE_USERS",
        SWITCH,
        True,
        "missing pages of users who have logged in never make a burst; sensitive paths count all the same; "
        "`False` where a stranger may open an account",
    ),
    Setting(
        "TRASHIP_NEVER_BAN",
        NETWORKS,
        [],
        "addresses and networks that are counted, but neither reported to fail2ban nor banned",
    ),
    Setting(
        "TRASHIP_VERIFY_CRAWLERS",
        SWITCH,
        True,
        "look up who says to be a search engine's crawler, and never count dead links against a real one",
    ),
    Setting(
        "TRASHIP_CRAWLERS",
        TEXTS_BY_WORD,
        {},
        "further crawlers: a word of the user agent, and the ends of their addresses' names, or networks: "
        '`{"examplebot": ["crawl.example.com", "198.51.100.0/24"]}`; an empty list takes one out',
    ),
    Setting("TRASHIP_BLOCK_BANNED", SWITCH, True, "answer 403 to an address that is banned in the database"),
    Setting(
        "TRASHIP_BANNED_REFRESH_S", POSITIVE, 3.0, "seconds after which every process knows of a new ban"
    ),
    Setting(
        "TRASHIP_AUTO_BAN",
        SWITCH,
        False,
        "the site itself asks for a ban after a burst; fail2ban judges better",
    ),
    Setting("TRASHIP_AUTO_BAN_S", COUNT_S, 86400, "seconds of such a ban"),
    Setting(
        "TRASHIP_LOG",
        OPTIONAL_PATH,
        "/var/log/ideolab/traship.log",
        'the lines that fail2ban reads, unless `LOGGING` has a `TrashipHandler`; `""`: none',
    ),
)
FIREWALL = (
    Setting(
        "TRASHIP_FIREWALL_EXECUTE",
        SWITCH,
        False,
        "carry out bans in the firewall; `False`: note them, and let the site answer 403",
    ),
    Setting("TRASHIP_FIREWALL_TIMEOUT_S", POSITIVE, 3, "seconds for one call of the helper"),
    Setting(
        "TRASHIP_FIREWALL_TRANSPORT",
        choice("log", "helper"),
        "log",
        "`log`: a ban is a line for fail2ban, without privileges, and UNBAN and CHECK use the helper where "
        "it is installed; `helper`: all three through sudo",
    ),
    Setting(
        "TRASHIP_FIREWALL_HELPER",
        WORDS,
        ["/usr/bin/sudo", "-n", "/usr/local/sbin/ideolab-fw-ip"],
        "the command of the helper",
    ),
    Setting(
        "TRASHIP_MANUAL_LOG",
        OPTIONAL_PATH,
        "/var/log/ideolab/manual.log",
        'where the transport `log` writes; `""` only with the transport `helper`',
    ),
)
SETTINGS = (*ACCESS_LOG, *SCANNERS, *FIREWALL)
ROWS = {setting.name: setting for setting in SETTINGS}
DEFAULTS: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
_Made = TypeVar("_Made")
#: what became of the values that were read
_readings: dict[str, Reading] = {}
#: {setting of Django: our settings that name an entry of it}
_NAMING = {"CACHES": ("TRASHIP_CACHE",), "DATABASES": ("ACCESSLOG_DATABASE",)}
#: what is called when a setting changes
_drops: list[Callable[[], object]] = []


class Conf:
    """`conf.ACCESSLOG_ENABLED`: the project's value or the default; each is read once and kept."""

    def __getattr__(self, name: str) -> Any:
        if name not in ROWS:
            raise AttributeError(f"{name} is no setting of ideolab_accesslog; see docs/settings.md")
        found = read(name)
        for fault in found.faults:
            if fault.kind not in UNDERSTOOD:
                # a server runs no system checks
                logger.error("%s %s: %s", name, fault.text, fault.hint)
        self.__dict__[name] = found.value
        return found.value


conf = Conf()


def read(name: str) -> Reading:
    """Return what became of the project's value; it is read once, for a generator gives its values once."""
    found = _readings.get(name)
    if found is None:
        row = ROWS[name]
        written = getattr(django_settings, name, row.default)
        try:
            found = row.type.read(written, row.default)
        except Exception:
            # the setting of Django that it names is itself a mistake
            found = row.type.read_nothing(written, row.default)
        _readings[name] = found
    return found


def cached(function: Callable[[], _Made]) -> Callable[[], _Made]:
    """Return `function` with a cache that holds its result until a setting changes."""
    kept = lru_cache(maxsize=1)(function)
    drop_on_change(kept.cache_clear)
    return kept


def drop_on_change(drop: Callable[[], object]) -> None:
    """Call `drop` whenever a setting changes; it empties a cache."""
    _drops.append(drop)


def _forget(*, setting: str, **_others: Any) -> None:
    """Read a setting anew after override_settings changed it."""
    # an alias is one of a cache that exists now
    for name in (setting, *_NAMING.get(setting, ())):
        conf.__dict__.pop(name, None)
        _readings.pop(name, None)
    for drop in _drops:
        drop()


setting_changed.connect(_forget)


def reference(settings: Iterable[Setting] = SETTINGS) -> list[str]:
    """Return the lines of a Markdown table of settings: name, type, default, and what each is for."""
    rows = [
        (f"`{setting.name}`", setting.type.text, f"`{_literal(setting.default)}`", setting.help)
        for setting in settings
    ]
    heads = ["| setting | type | default | what it is for |", "|---|---|---|---|"]
    return [*heads, *(f"| {' | '.join(row)} |" for row in rows)]


def _literal(value: Any) -> str:
    """Return the value as Python with double quotes writes it."""
    return json.dumps(value) if isinstance(value, (str, list)) else repr(value)


if __name__ == "__main__":
    print("\n".join(reference()))
