"""Every system check: silent on a good site, and its number on the fault that it is for."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any, Optional

import pytest
from django.conf import global_settings
from django.core.checks import ERROR, WARNING, run_checks
from django.test import override_settings
from django.urls import reverse_lazy
from django.utils.functional import lazystr

from ideolab_accesslog.checks.values import find_meant
from ideolab_accesslog.models import AccessLog
from tests.accesslog.settings import STATE

MIDDLEWARE = "ideolab_accesslog.middleware.AccessLogMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
FILES = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/tmp/none"}
GOOD: dict[str, Any] = {"CACHES": {"default": FILES}, "TRASHIP_LOG": str(STATE / "traship.log")}


def _logging(name: str) -> dict[str, Any]:
    # from Django 6.1 on, a changed LOGGING is applied to the process; this one is only to be read
    return {"LOGGING": {"version": 1, "handlers": {"one": {"class": name}}}, "LOGGING_CONFIG": None}


HELPER = {"TRASHIP_FIREWALL_EXECUTE": True, "TRASHIP_FIREWALL_TRANSPORT": "helper"}
#: (settings beside GOOD, the numbers that they give)
FAULTS: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({}, []),
    ({"ACCESSLOG_SINK": "quue"}, ["E001"]),
    ({"TRASHIP_RULES": "Seed"}, ["W011"]),
    ({"TRASHIP_FIREWALL_TRANSPORT": "sudo"}, ["E001"]),
    ({"TRASHIP_FIREWALL_TRANSPORT": ["log"]}, ["W011"]),
    ({"TRASHIP_FIREWALL_TRANSPORT": ["log", "helper"]}, ["E001"]),
    ({"ACCESSLOG_SINK": "QUEUE"}, ["W011"]),
    ({"TRASHIP_RULES": "substrings"}, []),
    ({"TRASHIP_RULES": "seed"}, ["W010"]),
    ({"ACCESSLOG_BATCH": 0}, ["E002"]),
    ({"ACCESSLOG_FLUSH_S": "1"}, ["W011"]),
    ({"ACCESSLOG_FLUSH_S": "soon"}, ["E002"]),
    ({"ACCESSLOG_FLUSH_S": float("inf")}, ["E002"]),
    ({"ACCESSLOG_SAMPLE_RATE": 1.5}, ["E002"]),
    ({"ACCESSLOG_SAMPLE_RATE": True}, ["E002"]),
    ({"ACCESSLOG_SPOOL_MAX_MB": 0}, ["E002"]),
    ({"ACCESSLOG_SPOOL_MAX_MB": "1024"}, []),
    ({"TRASHIP_ALLOW_PATHS": "/old/"}, ["E003"]),
    ({"ACCESSLOG_TRUSTED_PROXIES": "10.0.0.1"}, ["E003"]),
    ({"ACCESSLOG_TRUSTED_PROXIES": ["nginx"]}, ["E004"]),
    ({"TRASHIP_NEVER_BAN": ["10.0.0.0/8", "monitoring"]}, ["E007"]),
    ({"TRASHIP_NEVER_BAN": ["10.0.0.0/8", "10.0.0.0/33", "a", ""]}, ["E007", "E007", "W011"]),
    ({"TRASHIP_NEVER_BAN": "10.0.0.0/8"}, ["E003"]),
    ({"TRASHIP_NEVER_BAN": [ip_network("10.0.0.0/8")]}, []),
    ({"TRASHIP_NEVER_BAN": ["0.0.0.0/0"]}, []),
    ({"ACCESSLOG_TRUSTED_PROXIES": ["10.0.0.0/8", "0.0.0.0/0"]}, ["E005"]),
    ({"ACCESSLOG_TRUSTED_PROXIES": ["::/0"]}, ["E005"]),
    ({"TRASHIP_CACHE": "shared"}, ["E006"]),
    ({"ACCESSLOG_DATABASE": "logs"}, ["E008"]),
    ({"TRASHIP_CRAWLERS": {"bot": ["crawl.example.com", "198.51.100.0/33"]}}, ["E007"]),
    ({"TRASHIP_CRAWLERS": {"bot": 5}}, ["E007"]),
    ({"ACCESSLOG_ENABLED": "False"}, ["W011"]),
    ({"ACCESSLOG_ENABLED": "nope"}, ["E007"]),
    ({"ACCESSLOG_STATUS_CODES": 200}, ["W011"]),
    ({"ACCESSLOG_STATUS_CODES": ["2xx"]}, ["E007"]),
    ({"ACCESSLOG_FORWARDED_HEADER": "HTTP_X_FORWARDED_FOR"}, []),
    ({"ACCESSLOG_FORWARDED_HEADER": ""}, ["E007"]),
    ({"TRASHIP_LOG": "/tmp"}, ["W005"]),
    ({"ACCESSLOG_ENABLE": True}, ["W001"]),
    ({"ACCESS_LOG_ENABLED": True}, ["W001"]),
    ({"TRASHIP_FIREWALL_HELPER": []}, ["E007"]),
    ({"TRASHIP_ENABLED": 1, "TRASHIP_AUTO_BAN": 0}, []),
    ({"ACCESSLOG_STATUS_CODES": ["200"]}, ["W011"]),
    ({"ACCESSLOG_STATUS_CODES": range(200, 600)}, []),
    ({"ACCESSLOG_EXCLUDE_PREFIXES": None}, ["E007"]),
    ({"ACCESSLOG_TRUSTED_PROXIES": 10}, ["E004"]),
    ({"ACCESSLOG_FORWARDED_HEADER": b"X-Real-IP"}, ["W011"]),
    ({"TRASHIP_CACHE": 1}, ["E006"]),
    ({"TRASHIP_LOG": 1}, ["E007"]),
    ({"TRASHIP_LOG": ""}, []),
    ({"ACCESSLOG_EXCLUDE_PREFIXES": [reverse_lazy("admin:index")]}, []),
    ({"TRASHIP_CACHE": lazystr("default")}, []),
    ({"ACCESSLOG_SINK": "spool", "ACCESSLOG_SPOOL": None}, ["E007"]),
    (
        {
            "TRASHIP_FIREWALL_EXECUTE": True,
            "TRASHIP_FIREWALL_TRANSPORT": "helper",
            "TRASHIP_FIREWALL_HELPER": [1],
        },
        ["W011"],
    ),
    ({**HELPER, "TRASHIP_FIREWALL_HELPER": [Path("/bin/sh"), "-c", "true"]}, []),
    ({**HELPER, "TRASHIP_FIREWALL_HELPER": [Path("/nonexistent/ideolab-fw-ip")]}, ["W006"]),
    ({**HELPER, "TRASHIP_FIREWALL_HELPER": ["/bin/sh"], "TRASHIP_MANUAL_LOG": ""}, []),
    ({**HELPER, "TRASHIP_FIREWALL_HELPER": ["/bin/sh"], "TRASHIP_MANUAL_LOG": None}, []),
    ({"TRASHIP_FIREWALL_EXECUTE": True, "TRASHIP_MANUAL_LOG": ""}, ["W005"]),
    ({"TRASHIP_TRESHOLD": 5}, ["W001"]),
    ({"MIDDLEWARE": [SESSION]}, ["W002"]),
    ({"MIDDLEWARE": [SESSION], "ACCESSLOG_ENABLED": False, "TRASHIP_ENABLED": False}, []),
    ({"MIDDLEWARE": [SESSION, MIDDLEWARE]}, ["W003"]),
    ({"MIDDLEWARE": [MIDDLEWARE, SESSION, MIDDLEWARE]}, ["W003"]),
    ({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}, ["W004"]),
    ({"TRASHIP_LOG": "/nonexistent/traship.log"}, ["W005"]),
    ({"TRASHIP_FIREWALL_EXECUTE": True, "TRASHIP_MANUAL_LOG": "/nonexistent/manual.log"}, ["W005"]),
    (
        {
            "TRASHIP_FIREWALL_EXECUTE": True,
            "TRASHIP_FIREWALL_TRANSPORT": "helper",
            "TRASHIP_FIREWALL_HELPER": ["/nonexistent/ideolab-fw-ip"],
        },
        ["W006"],
    ),
    ({"TRASHIP_AUTO_BAN": True}, ["W007"]),
    ({"ACCESSLOG_SINK": "spool", "ACCESSLOG_SPOOL": "/tmp/nowhere/spool"}, []),
    # the kernel refuses to look, as it does below a directory of another user
    ({"TRASHIP_LOG": f"/tmp/{'x' * 300}/traship.log"}, ["W005"]),
    ({**HELPER, "TRASHIP_FIREWALL_HELPER": [f"/tmp/{'x' * 300}/ideolab-fw-ip"]}, ["W006"]),
    ({"ACCESSLOG_SINK": "spool", "ACCESSLOG_SPOOL": f"/tmp/{'x' * 300}/spool"}, []),
    ({"ACCESSLOG_EVENTS": "/tmp"}, ["W015"]),
    ({"ACCESSLOG_EVENTS": "/tmp/none.jsonl"}, []),
    ({"ACCESSLOG_EVENTS": "/tmp/none/none.jsonl"}, []),
    ({"ACCESSLOG_EVENTS": f"/tmp/{'x' * 300}/events.jsonl"}, ["W015"]),
    ({"ACCESSLOG_SINK": "spool", "ACCESSLOG_SPOOL": "/dev/null"}, ["W009"]),
    ({"ACCESSLOG_SINK": "spool", "ACCESSLOG_SPOOL": "/dev/null/spool"}, ["W009"]),
    (_logging("ideolab_accesslog.feed.TrashipHandler"), ["W012"]),
    ({"TENANT_APPS": ["shop", "ideolab_accesslog"]}, ["W013"]),
    ({"TENANT_APPS": ("ideolab_accesslog.apps.AccessLogConfig",)}, ["W013"]),
    ({"TENANT_TYPES": {"public": {"APPS": ["shop"]}, "big": {"APPS": ["ideolab_accesslog"]}}}, ["W013"]),
    ({"TENANT_TYPES": {"public": {"APPS": ["ideolab_accesslog"]}, "big": {"APPS": ["shop"]}}}, []),
    ({"TENANT_APPS": ["shop"], "SHARED_APPS": ["ideolab_accesslog"]}, []),
    (_logging("ideolab_accesslog.handlers.TrashipHandler"), []),
)


def _numbers(**more: Any) -> list[str]:
    found = [message for message in run_checks(**more) if message.id.startswith("ideolab_accesslog.")]
    assert all(message.hint for message in found)
    return [message.id.split(".")[1] for message in found]


@pytest.mark.parametrize(("changed", "expected"), FAULTS)
def test_a_fault_has_its_number(changed: dict[str, Any], expected: list[str]) -> None:
    """One number for each fault, with a way out, and nothing else."""
    with override_settings(**{**GOOD, **changed}):
        assert _numbers() == expected


def _requests(count: int, address: Optional[str]) -> None:
    AccessLog.objects.bulk_create(
        AccessLog(ip=address, path="/", method="GET", status_code=200) for _ in range(count)
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "count", "expected"),
    [
        *(("172.17.0.1", 100, ["W008"]), ("172.17.0.1", 99, []), ("9.9.9.9", 100, [])),
        *(("fd00::1", 150, ["W008"]), (None, 100, ["W008"]), (None, 99, [])),
    ],
)
def test_one_private_address_for_everybody_is_a_proxy(
    address: Optional[str], count: int, expected: list[str]
) -> None:
    """Few requests say nothing, and one visitor from outside is no proxy; no address is a socket's."""
    _requests(count, address)
    with override_settings(**GOOD):
        assert _numbers(databases=["default"]) == expected


@pytest.mark.django_db
def test_two_addresses_or_named_proxies_are_no_fault() -> None:
    """Who is behind a proxy that is named has nothing to mend."""
    _requests(100, "10.0.0.1")
    with override_settings(**GOOD, ACCESSLOG_TRUSTED_PROXIES=["10.0.0.1"]):
        assert _numbers(databases=["default"]) == []
    _requests(1, "10.0.0.2")
    _requests(200, None)
    with override_settings(**GOOD):
        assert _numbers(databases=["default"]) == []


def test_a_directory_that_may_not_be_looked_into_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Path.exists raises there, and no other check would run."""

    def refuse(self: Path, **_options: Any) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "exists", refuse)
    closed = str(tmp_path / "closed" / "x")
    with override_settings(**{**GOOD, **HELPER, "TRASHIP_LOG": closed, "TRASHIP_FIREWALL_HELPER": [closed]}):
        assert sorted(_numbers()) == ["W005", "W006"]


def test_beside_a_sites_tests_only_settings_are_checked() -> None:
    """Tests of other apps compare all messages; the host's logs and the cache are not used there."""
    faults = {
        "TRASHIP_LOG": "/nonexistent/traship.log",
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "MIDDLEWARE": [],
    }
    with override_settings(**faults, ACCESSLOG_TESTING=True):
        assert _numbers() == []
    with override_settings(**faults, ACCESSLOG_TESTING=False):
        assert sorted(_numbers()) == ["W002", "W004", "W005"]
    with override_settings(**GOOD, ACCESSLOG_TESTING=True, TRASHIP_RULES="Sed"):
        assert _numbers() == ["E001"]


def test_what_is_understood_stops_no_command_and_what_is_not_does() -> None:
    """Only an error stops migrate: somebody whom nobody may ban would be banned."""
    with override_settings(**GOOD, ACCESSLOG_ENABLED="yes", TRASHIP_NEVER_BAN=["10.0.0.1", "monitoring"]):
        found = [message for message in run_checks() if message.id.startswith("ideolab_accesslog.")]

    assert [(message.level, message.msg, message.hint) for message in found] == [
        (WARNING, "ACCESSLOG_ENABLED is 'yes'", "Write True."),
        (
            ERROR,
            "TRASHIP_NEVER_BAN holds 'monitoring'",
            'Write a list of networks: ["10.0.0.0/8", "2001:db8::7"], no names. The rest counts.',
        ),
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ACCESSLOG_ENABLE", "ACCESSLOG_ENABLED"),
        ("ACCESSLOG_STATUSCODES", "ACCESSLOG_STATUS_CODES"),
        ("TRASHIP_NEVERBAN", "TRASHIP_NEVER_BAN"),
        ("TRASHIP_404_TRESHOLD", "TRASHIP_404_THRESHOLD"),
        ("ACCESS_LOG_ENABLED", "ACCESSLOG_ENABLED"),
        ("TRASHIPS_NEVER_BAN", "TRASHIP_NEVER_BAN"),
        ("TRASH_IP_NEVER_BAN", "TRASHIP_NEVER_BAN"),
        ("TRASHIP_TRUSTED_PROXIES", "ACCESSLOG_TRUSTED_PROXIES"),
        ("TRASHIP_ENABLE", "TRASHIP_ENABLED"),
        ("ACCESSLOG_COLOUR", ""),
        ("ACCESSLOG_ENABLED", None),
        ("AXES_ENABLED", None),
        ("DATABASES", None),
        ("_wrapped", None),
    ],
)
def test_a_misspelt_name_is_told_the_right_one(name: str, meant: Optional[str]) -> None:
    """Other apps have names of their own."""
    assert find_meant(name) == meant


def test_no_setting_of_django_is_like_ours() -> None:
    """A site without a setting of the app has nothing to mend."""
    assert [name for name in dir(global_settings) if find_meant(name) is not None] == []
