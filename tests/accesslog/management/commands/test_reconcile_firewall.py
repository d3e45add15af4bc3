"""manage.py reconcile_firewall: what it prints, and its exit code."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ideolab_accesslog.models import TrashIP
from tests.accesslog.conftest import FakeKernel

pytestmark = pytest.mark.usefixtures("database")
MISSING = "198.51.100.2"
EXTRA = "198.51.100.3"


@pytest.fixture
def drift(kernel: FakeKernel) -> FakeKernel:
    """One address that the kernel has lost, and one that it still holds."""
    TrashIP.objects.create(ip=MISSING, is_banned=True, iptables_applied=True)
    TrashIP.objects.create(ip=EXTRA, iptables_applied=True)
    kernel.hold(EXTRA)
    return kernel


def run(*words: str) -> str:
    output = StringIO()
    call_command("reconcile_firewall", *words, stdout=output, stderr=output)
    return output.getvalue()


@pytest.mark.parametrize(
    ("words", "elements"), [((), {MISSING: "permanent"}), (("--dry-run",), {EXTRA: "permanent"})]
)
def test_what_differs_is_printed(drift: FakeKernel, words: tuple[str, ...], elements: dict[str, str]) -> None:
    """A line for each address, and the counts; a dry run changes no ban."""
    assert run(*words) == (
        f"missing {MISSING} until for ever\nextra {EXTRA}\n"
        "2 compared: 1 missing, 1 extra, 0 unknown; 0 lost calls closed\n"
    )
    assert drift.elements() == elements


def test_an_address_without_an_answer_is_an_exit_code(drift: FakeKernel) -> None:
    """It is named as unknown."""
    drift.behave("silent")
    output = StringIO()
    with pytest.raises(CommandError, match="2 addresses could not be compared or repaired"):
        call_command("reconcile_firewall", stdout=output, stderr=output)

    assert output.getvalue().startswith(f"unknown {MISSING}: ")


def test_a_site_that_changes_no_firewall_is_told_so() -> None:
    """TRASHIP_FIREWALL_EXECUTE is False."""
    with pytest.raises(CommandError, match="cannot compare: TRASHIP_FIREWALL_EXECUTE is False"):
        run()
