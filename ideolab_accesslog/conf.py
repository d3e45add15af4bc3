"""The settings ACCESSLOG_* and TRASHIP_* with their defaults (the seeds' names and values are kept)."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

DEFAULTS: dict[str, Any] = {
    # --- what is logged
    "ACCESSLOG_ENABLED": True,
    "ACCESSLOG_STATUS_CODES": [200],
    "ACCESSLOG_SAMPLE_RATE": 1.0,
    "ACCESSLOG_EXCLUDE_PREFIXES": ["/static/", "/media/", "/favicon.ico", "/robots.txt"],
    "ACCESSLOG_EXCLUDE_EXTENSIONS": [
        *(".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico"),
        *(".woff", ".woff2", ".map"),
    ],
    # --- who asks: networks of the proxies whose X-Forwarded-For is believed; none = REMOTE_ADDR
    "ACCESSLOG_TRUSTED_PROXIES": [],
    "ACCESSLOG_TRUST_UNIX_SOCKET": False,
    "ACCESSLOG_FORWARDED_HEADER": "X-Forwarded-For",
    # --- how rows are written: queue (thread), spool (file, nothing is lost), direct (in the request)
    "ACCESSLOG_SINK": "queue",
    "ACCESSLOG_DATABASE": "default",
    "ACCESSLOG_FLUSH_S": 0.5,
    "ACCESSLOG_BATCH": 500,
    "ACCESSLOG_QUEUE_MAX": 20000,
    "ACCESSLOG_SPOOL": "/var/spool/ideolab/accesslog",
    "ACCESSLOG_SPOOL_MAX_MB": 1024,
    # --- TrashIP
    "TRASHIP_ENABLED": True,
    "TRASHIP_404_WINDOW_S": 600,
    "TRASHIP_404_THRESHOLD": 200,
    "TRASHIP_404_DISTINCT": 20,
    "TRASHIP_CACHE": "default",
    "TRASHIP_BLOCK_SENSITIVE": True,
    # False: only after the site has answered 404, for sites whose middlewares answer what no URL pattern does
    "TRASHIP_BLOCK_EARLY": True,
    "TRASHIP_RULES": "segments",
    "TRASHIP_SENSITIVE_SUBSTRINGS": [
        *("/wp-", "/wordpress", "/wp-admin", "/wp-login", "/xmlrpc.php"),
        *("/.env", "/.git", "/.svn", "/.hg", "/phpmyadmin", "/pma", "/admin.php", "/login.php"),
    ],
    "TRASHIP_SENSITIVE_SUFFIXES": [
        *(".php", ".asp", ".aspx", ".cgi", ".pl", ".bak", ".old", ".sql", ".zip", ".tar", ".gz"),
    ],
    "TRASHIP_ALLOW_PATHS": [],
    "TRASHIP_NEVER_BAN": [],
    "TRASHIP_BLOCK_BANNED": True,
    "TRASHIP_BANNED_REFRESH_S": 3.0,
    "TRASHIP_AUTO_BAN": False,
    "TRASHIP_AUTO_BAN_S": 86400,
    "TRASHIP_LOG": "/var/log/ideolab/traship.log",
    # --- the firewall, from the admin and the cron
    "TRASHIP_FIREWALL_EXECUTE": False,
    "TRASHIP_FIREWALL_TIMEOUT_S": 3,
    "TRASHIP_FIREWALL_TRANSPORT": "log",
    "TRASHIP_FIREWALL_HELPER": ["/usr/bin/sudo", "-n", "/usr/local/sbin/ideolab-fw-ip"],
    "TRASHIP_MANUAL_LOG": "/var/log/ideolab/manual.log",
}


class Conf:
    """`conf.ACCESSLOG_ENABLED`: the project's value or the default; each is read once and kept."""

    def __getattr__(self, name: str) -> Any:
        if name not in DEFAULTS:
            raise AttributeError(f"{name} is no setting of ideolab_accesslog; see docs/django.md")
        value = getattr(django_settings, name, DEFAULTS[name])
        self.__dict__[name] = value
        return value

    def forget(self, *, setting: str, **_others: Any) -> None:
        """Read a setting anew after override_settings changed it."""
        self.__dict__.pop(setting, None)


conf = Conf()
setting_changed.connect(conf.forget)
