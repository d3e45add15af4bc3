"""Paths of other people's software, in the orders in which pages and scanners ask for them."""

from __future__ import annotations

#: what an attacker's page plants: each of them is a sensitive path of TrashIP
SENSITIVE = (
    *("/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/index.php", "/xmlrpc.php", "/admin.php"),
    *("/shell.php", "/config.php", "/backup.zip", "/id_rsa", "/actuator/env", "/cgi-bin/luci"),
)
