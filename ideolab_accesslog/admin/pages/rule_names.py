"""What each rule of traship/rules.py finds, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

RULES = {
    "appliance": _("appliance"),
    "archive": _("archive"),
    "asp": _("ASP program"),
    "backup": _("backup copy"),
    "cgi": _("CGI program"),
    "cloud": _("data of the cloud"),
    "cms": _("another CMS"),
    "config": _("configuration file"),
    "database": _("database dump"),
    "db-admin": _("administration of databases"),
    "dev": _("development server"),
    "dotfile": _("hidden file"),
    "env": _("environment file"),
    "exchange": "Exchange",
    "java": _("Java server"),
    "log": _("log file"),
    "node": "Node.js",
    "null-byte": _("null byte"),
    "panel": _("control panel"),
    "php": _("PHP program"),
    "phpunit": "PHPUnit",
    "probe": _("a scanner's probe"),
    "router": _("router"),
    "secret": _("key or password"),
    "shell": _("web shell"),
    "spring": "Spring",
    "substring": _("your own list"),
    "suffix": _("your own list"),
    "system": _("file of the system"),
    "traversal": _("path traversal"),
    "vpn": _("VPN gateway"),
    "windows": _("Windows program"),
    "wordpress": "WordPress",
}
