"""Fills the tables of the dashboard with any number of rows, and counts them as the import does."""

from __future__ import annotations

from typing import Any

#: different /24 of the events
NETWORKS = 300_000
_COUNTRIES = "substr('DEFRUSCNRUBRINNLGBPLUAVNIDTRKRJPITESCAHK', 1 + 2 * (n % 20), 2)"
#: by vendor: the numbers 1 to N; a time so many seconds from now; an address of a text; the step of a time
_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, {rows}) AS numbers(n)",
    "sqlite": (
        "SELECT n FROM (WITH RECURSIVE counted(n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {rows}) SELECT n FROM counted)"
    ),
    # MariaDB's engine of numbers, which have no sign there
    "mysql": "SELECT CAST(seq AS SIGNED) AS n FROM seq_1_to_{rows}",
}
_AT = {
    "postgresql": "now() + ({seconds}) * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', ({seconds}) || ' seconds')",
    "mysql": "utc_timestamp(6) + INTERVAL ({seconds}) SECOND",
}
_ADDRESS = {"postgresql": "({text})::inet", "sqlite": "{text}", "mysql": "{text}"}
_HEXADECIMAL = {
    "postgresql": "lpad(to_hex(number), 8, '0')",
    "sqlite": "printf('%08x', number)",
    "mysql": "lpad(lower(hex(number)), 8, '0')",
}
_GROUP = {
    "postgresql": "lpad((n % 9000 + 1)::text, 4, '0')",
    "sqlite": "printf('%04d', n % 9000 + 1)",
    "mysql": "lpad(n % 9000 + 1, 4, '0')",
}
_STEP = {
    "postgresql": "date_trunc('{step}', ts at time zone 'UTC') at time zone 'UTC'",
    "sqlite": "strftime('{step}', ts)",
    "mysql": "date_format(ts, '{step}')",
}
_STEPS = {
    "minute": {"postgresql": "minute", "sqlite": "%Y-%m-%d %H:%M:00", "mysql": "%Y-%m-%d %H:%i:00"},
    "hour": {"postgresql": "hour", "sqlite": "%Y-%m-%d %H:00:00", "mysql": "%Y-%m-%d %H:00:00"},
}
_DAY = {"postgresql": "(ts at time zone 'UTC')::date", "sqlite": "date(ts)", "mysql": "date(ts)"}
_KEYS = {
    "asn": "asn",
    "country": "country",
    "network4": "CASE WHEN subnet LIKE '%.%' THEN subnet END",
    "network6": "CASE WHEN subnet LIKE '%:%' THEN subnet END",
}
#: every tenth event is of one of 40 networks, as in an attack
_CLIENT = (
    "CASE WHEN n % 20 = 7 THEN '2001:db8:' || (n % 9000 + 1) || ':1::5' ELSE four || '.' || (n % 250) END"
)
_SCANNER = "'10.' || (n >> 16) || '.' || ((n >> 8) % 256) || '.' || (n % 256)"
_NETWORK = "CASE WHEN n % 10 = 3 THEN n % 40 ELSE n % 300000 * 6101 % 300000 END"
_EVENTS = """
INSERT INTO ideolab_accesslog_connmonevent
    (ts, type, ip, subnet, start, count, score, asn, asname, country, reason, jail, bantime, until,
    created_at)
SELECT {ts}, CASE WHEN n % 10 < 3 THEN 'suspect' WHEN n % 10 < 8 THEN 'ban'
        WHEN n % 10 = 8 THEN 'unban' ELSE 'restored' END, {ip},
    CASE WHEN n % 20 = 7 THEN '2001:db8:' || (n % 9000 + 1) || ':1::/64' ELSE four || '.0/24' END,
    CASE WHEN n % 20 = 7 THEN '620010db8' || {group} || '00010000000000000005' ELSE '4' || {hexadecimal} END,
    40, 90, CASE WHEN n % 3 = 0 THEN '64500' ELSE '' || (64501 + n % 3000) END, 'EXAMPLE-' || (n % 3000),
    {country}, 'idle', CASE WHEN n % 4 = 0 THEN 'ideolab-connmon-net' ELSE 'ideolab-connmon' END, 86400,
    {until}, {now}
FROM (SELECT n, (11 * 65536 + k) * 256 + n % 250 AS number,
    (11 + (k >> 16)) || '.' || ((k >> 8) % 256) || '.' || (k % 256) AS four
    FROM (SELECT n, {network} AS k FROM ({numbers}) AS numbered) AS chosen) AS made
"""
_STEP_COUNTS = """
INSERT INTO ideolab_accesslog_event{step} ({step}, type, jail, count)
SELECT {start}, type, coalesce(jail, ''), count(*) FROM ideolab_accesslog_connmonevent GROUP BY 1, 2, 3
"""
_DAY_COUNTS = """
INSERT INTO ideolab_accesslog_eventday (day, kind, "key", name, count)
SELECT {day}, '{kind}', {key}, CASE WHEN '{kind}' = 'asn' THEN max(asname) ELSE '' END, count(*)
FROM ideolab_accesslog_connmonevent WHERE type = 'ban' AND {key} IS NOT NULL GROUP BY 1, 2, 3
"""
_REQUESTS = """
INSERT INTO ideolab_accesslog_accesslog (ts, ip, forwarded_for, session_key, method, host, path, query_string,
    referer, user_agent, accept_language, status_code, response_bytes, duration_ms, view_name, user_id)
SELECT {ts}, {ip}, '', '', 'GET', 'example.com', '/articles/' || (n % 5000) || '/', '', '',
    'Mozilla/5.0 Chrome/' || (n % 60) || '.0', 'en', 200, 5000, 10, 'article', NULL
FROM ({numbers}) AS numbered
"""
_OFFENCES = """
INSERT INTO ideolab_accesslog_offencelog
    (ts, ip, client_ip, reason, rule, method, path, status_code, user_agent)
SELECT {ts}, {ip}, {ip}, CASE WHEN n % 2 = 0 THEN 'sensitive_path' ELSE '404_burst' END, 'dotfile', 'GET',
    '/.env' || (n % 300), 404, 'curl/8' FROM ({numbers}) AS numbered
"""
_ADDRESSES = """
INSERT INTO ideolab_accesslog_traship (ip, reason, count_hits, count_404, count_sensitive, last_path,
    last_user_agent, first_seen, last_seen, is_banned, ban_reason, iptables_applied, firewall_error)
SELECT {ip}, '404_burst', 9, n % 900, 1, '/.env', 'curl/8', {ts}, {ts}, {no}, '', {no}, ''
FROM ({numbers}) AS numbered
"""


def fill_events(connection: Any, rows: int, seconds: int) -> None:
    """Add so many events of the last so many seconds, and the counts that the import would have made."""
    vendor = connection.vendor
    at = _AT[vendor].format
    age = f"n * {seconds / rows:.6f}"
    words = {
        "ts": at(seconds=f"-{age}"),
        "until": at(seconds=f"86400 - {age}"),
        "now": at(seconds="0"),
        "ip": _ADDRESS[vendor].format(text=_CLIENT),
        "hexadecimal": _HEXADECIMAL[vendor],
        "group": _GROUP[vendor],
        "country": _COUNTRIES,
        "network": _NETWORK,
        "numbers": _NUMBERS[vendor].format(rows=rows),
    }
    _run(connection, _EVENTS.format(**words))
    for step, names in _STEPS.items():
        start = _STEP[vendor].format(step=names[vendor])
        _run(connection, _STEP_COUNTS.format(step=step, start=start))
    for kind, key in _KEYS.items():
        _run(connection, _DAY_COUNTS.format(day=_DAY[vendor], kind=kind, key=key))
    _analyze(connection)


def fill_site(connection: Any, requests: int, offences: int) -> None:
    """Add so many requests and so many offences of as many addresses, of the last 30 days."""
    vendor = connection.vendor
    for template, rows, address in (
        (_REQUESTS, requests, "'198.' || (18 + n % 2) || '.' || ((n >> 8) % 250) || '.' || (n % 250)"),
        (_OFFENCES, offences, _SCANNER),
        (_ADDRESSES, offences, _SCANNER),
    ):
        words = {
            "ts": _AT[vendor].format(seconds=f"n * -{2_592_000 / rows:.6f}"),
            "ip": _ADDRESS[vendor].format(text=address),
            "no": "false" if vendor == "postgresql" else "0",
            "numbers": _NUMBERS[vendor].format(rows=rows),
        }
        _run(connection, template.format(**words))
    _analyze(connection)


def _analyze(connection: Any) -> None:
    names = [name for name in connection.introspection.table_names() if name.startswith("ideolab")]
    _run(connection, f"ANALYZE TABLE {', '.join(names)}" if connection.vendor == "mysql" else "ANALYZE")


def _run(connection: Any, text: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor != "mysql":
            cursor.execute(text)
            return
        cursor.execute("SELECT @@sql_mode")
        ((mode,),) = cursor.fetchall()
        # || and double quotes as the others have them
        cursor.execute("SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'")
        cursor.execute(text)
        cursor.execute("SET sql_mode = %s", [mode])
