"""Which rule a path meets, measured on what scanners and Django sites really use."""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote

import pytest
from django.test import override_settings

from ideolab_accesslog.traship.classify import by_segments, is_allowed, rule_of
from tests.accesslog.sites import decode, targets


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/.env", "dotfile"),
        ("/api/.git/config", "dotfile"),
        ("/wp-login.php", "wordpress"),
        ("/blog/wp-includes/wlwmanifest.xml", "wordpress"),
        ("/wp-config.php.bak", "wordpress"),
        ("/index.php/x", "php"),
        ("/pma2021/index.php", "db-admin"),
        ("/phpMyAdmin-5.1.0/", "db-admin"),
        ("/cgi-bin/luci", "cgi"),
        ("/HNAP1/", "router"),
        ("/boaform/admin/formLogin", "router"),
        ("/actuator/env", "java"),
        ("/manager/html", "java"),
        ("/owa/auth/x.js", "exchange"),
        ("/remote/fgt_lang", "vpn"),
        ("/dana-na/", "vpn"),
        ("/solr/admin/cores", "java"),
        ("/latest/meta-data/iam", "cloud"),
        ("/v2/_catalog", "cloud"),
        ("/config.json", "config"),
        ("/config/database.yml", "config"),
        ("/appsettings.Production.json", "config"),
        ("/id_rsa", "secret"),
        ("/server.key", "secret"),
        ("/backup.zip", "archive"),
        ("/example.com.tar.gz", "archive"),
        ("/x/y/customers.sql.gz", "database"),
        ("/page.html.bak", "backup"),
        ("/page.html~", "backup"),
        ("/storage/logs/laravel.log", "php"),
        ("/prod.env", "config"),
        ("/static/../../etc/passwd", "traversal"),
        ("/etc/passwd", "system"),
        ("/.well-known/acme-challenge/x.php", "php"),
    ],
)
def test_scanners(path: str, rule: str) -> None:
    """Each family has its rule."""
    assert by_segments(path) == rule


@pytest.mark.parametrize(
    "path",
    [
        "/", "", "/wp-migration-guide/", "/project/pmake/", "/project/pma-client/",
        "/downloads/app-1.2.tar.gz",
        "/downloads/site.zip", "/releases/v1.0.zip", "/sitemap.xml.gz", "/.well-known/security.txt",
        "/.well-known/acme-challenge/Abc_-123", "/tags/php/", "/tags/wordpress/", "/wordpress/themes/",
        "/topics/jenkins/", "/wiki/Node.js/", "/wiki/ASP.NET/", "/tags/.net/", "/users/jane.doe/",
        "/install.sh",
        "/exchange-rates/", "/exchange/eur-usd/", "/remote/jobs/", "/api/v1/config/", "/api/v1/backup/",
        "/docs/environment/", "/administration/", "/admin/", "/login", "/openapi.yaml", "/metrics",
        "/files/a.pdf",
        "/project/discord.py/", "/windows/installation/", "/backup/", "/manager/",
        "/assets/config.json", "/a;b/c",
    ],
)  # fmt: skip
def test_pages(path: str) -> None:
    """Slugs, names of projects and downloads are none of it, also where the site does not have them."""
    assert by_segments(path) is None


def recall(source: str) -> float:
    found = [
        by_segments(decode(target)) is not None for key, target in targets("attack.tsv") if key == source
    ]
    return sum(found) / len(found)


def test_recall() -> None:
    """Nine of ten real attacks, and of each published list but the one of login pages of products."""
    shares = {source: recall(source) for source in {key for key, _target in targets("attack.tsv")}}

    assert shares["real-2020s"] == 1.0
    assert min(shares.values()) >= 0.9


def test_no_page_of_a_django_site() -> None:
    """Not even before the site's own answer is asked for."""
    assert {target for _key, target in targets("legit.tsv") if by_segments(decode(target))} == set()


def test_evasions() -> None:
    """What the plain form matches, every other form of it matches."""
    escaped: Counter[str] = Counter()
    for _source, target in targets("attack.tsv"):
        raw = target.partition("?")[0]
        if by_segments(decode(target)) is None or "%" in raw:
            continue
        forms = {
            "case": raw.upper(), "%2e": raw.replace(".", "%2E"), "%252e": raw.replace(".", "%252e"),
            "//": raw.replace("/", "//"), ";x": f"{raw};x", "%00": f"{raw}%00", "/": f"{raw}/",
            ".": f"{raw}.",
            "./": raw.replace("/", "/./"), "%5c": f"/{raw[1:].replace('/', '%5c')}", "x/..": f"/x/..{raw}",
            "%252f": f"/{raw[1:].replace('/', '%252f')}", "%20": f"{raw}%20", "%0a": f"{raw}%0a",
        }  # fmt: skip
        escaped.update(name for name, form in forms.items() if by_segments(unquote(form)) is None)

    assert escaped == Counter()


@pytest.mark.parametrize("value", ["substrings", "seed"])
def test_the_two_lists_as_they_are(value: str) -> None:
    """TRASHIP_RULES = "substrings", formerly "seed": parts and endings of the path, with false alarms."""
    with override_settings(TRASHIP_RULES=value):
        assert rule_of("/wp-migration-guide/") == "substring"
        assert rule_of("/downloads/app-1.2.zip") == "suffix"
        assert rule_of("/WP-LOGIN") is None
    assert rule_of("/wp-migration-guide/") is None


def test_a_projects_own_entries() -> None:
    """They keep the seed's meaning beside our rules; the seed's defaults do not come back with them."""
    with override_settings(
        TRASHIP_SENSITIVE_SUBSTRINGS=["/wp-", "/secret-door"], TRASHIP_SENSITIVE_SUFFIXES=[".zip", ".xyz"]
    ):
        assert rule_of("/a/Secret-Door-7/") == "substring"
        assert rule_of("/files/a.xyz") == "suffix"
        assert rule_of("/wp-migration-guide/") is None
        assert rule_of("/files/a.zip") is None


def test_the_allowlist() -> None:
    """An exact path, a directory, or a pattern; tricks do not lead out of it."""
    with override_settings(TRASHIP_ALLOW_PATHS=["/shop.php", "/Legacy/", "*.action"]):
        assert rule_of("/shop.php") is None
        assert rule_of("/legacy/a.php") is None
        assert rule_of("/x/login.action") is None
        assert rule_of("/shop.php.bak") == "php"
        assert rule_of("/legacy/../.env") == "dotfile"
    assert rule_of("/shop.php") == "php"


@pytest.mark.parametrize(
    "path",
    [
        "/item/../.env", "/item/..;/.env", "/item/%2e%2e/.env", "/item/%2e%2e/7/", "/item/..\\.env",
        "/../item/7/", "/item/7\x00", "/item/7%00", "/items/7/", "/", f"/item/{'x' * 2048}/../../.env",
    ],
)  # fmt: skip
def test_no_other_spelling_is_allowed(path: str) -> None:
    """What leads out of an allowed directory, or hides where it leads, is not in it."""
    with override_settings(TRASHIP_ALLOW_PATHS=["/item/", "*.action"]):
        assert not is_allowed(path)


def test_what_is_allowed() -> None:
    """All below a directory, whatever its case; nothing without an entry."""
    with override_settings(TRASHIP_ALLOW_PATHS=["/item/", "*.action"]):
        assert all(map(is_allowed, ("/item", "/item/7/", "/ITEM/a/b", "/item//7/", "/shop/list.action")))
    assert not is_allowed("/item/7/")
