"""What Django's start registers, and what it does not start."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from django.apps import apps

PROGRAM = textwrap.dedent(
    """
    import threading
    import django
    django.setup()
    from django.core.checks.registry import registry
    from django.db import connections
    from ideolab_accesslog.scheduler import scheduler
    from ideolab_accesslog.signals import offence
    print(sorted(check.__name__ for check in registry.registered_checks if "accesslog" in check.__module__))
    print([job.__qualname__ for job in (*scheduler._each_turn, *scheduler._last)])
    connected = [one.alias for one in connections.all(initialized_only=True) if one.connection]
    print(len(offence.receivers), threading.active_count(), connected)
    """
)


def test_ready_registers_and_starts_nothing() -> None:
    """Checks, jobs and a listener; no thread, no connection."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={"DJANGO_SETTINGS_MODULE": "tests.accesslog.settings", "PYTHONPATH": ":".join(sys.path)},
    )

    checks, jobs, rest = done.stdout.splitlines()
    assert "one_address" in checks
    assert jobs == "['_store', 'Meter.push']"
    assert rest == "1 1 []"


def test_the_app_has_a_name_for_people() -> None:
    """The admin shows it."""
    assert str(apps.get_app_config("ideolab_accesslog").verbose_name) == "Access log and TrashIP"
