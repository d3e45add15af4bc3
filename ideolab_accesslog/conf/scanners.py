"""The settings of TrashIP: what a scan is, and what the site does about it."""

from __future__ import annotations

from ideolab_accesslog.conf.setting import Setting
from ideolab_accesslog.setting_types import (
    CACHE_ALIAS,
    COUNT,
    COUNT_S,
    NETWORKS,
    OPTIONAL_PATH,
    POSITIVE,
    SWITCH,
    TEXTS,
    TEXTS_BY_WORD,
    choice,
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
