"""What the played clients ask for: the paths of real scanners, their agents, and the pages of the site."""

from __future__ import annotations

#: each matches a rule of traship/rules.py
PATHS = (
    "/.env",
    "/.git/config",
    "/.aws/credentials",
    "/wp-login.php",
    "/xmlrpc.php",
    "/wp-config.php.bak",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/phpmyadmin/index.php",
    "/cgi-bin/luci",
    "/boaform/admin/formLogin",
    "/actuator/env",
    "/HNAP1/",
    "/owa/auth/logon.aspx",
    "/backup.sql",
    "/../../etc/passwd",
)
#: pages that are missing: what a burst of 404 is made of
MISSING = ("/old/", "/shop/", "/blog/", "/test/", "/new/", "/beta/", "/admin-old/", "/api/v1/users/")
SCANNER_AGENTS = (
    "Mozilla/5.0 zgrab/0.x",
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "Mozilla/5.0 (compatible; ExampleScan/1.0; +https://scan.example/)",
    "masscan/1.3",
)
VISITOR_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1",
)
#: path and view of the site's pages, the most visited first
PAGES = (
    ("/", "home"),
    ("/articles/", "article-list"),
    ("/articles/spring/", "article"),
    ("/articles/garden/", "article"),
    ("/account/", "account"),
    ("/account/orders/", "orders"),
    ("/contact/", "contact"),
)
