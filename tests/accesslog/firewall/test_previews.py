"""What the helper says of a ban before it is made; fake_helper.py stands in for it."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

import pytest

from ideolab_accesslog.firewall import previews, texts
from ideolab_accesslog.firewall.previews import HelperPreview
from tests.accesslog.conftest import FakeKernel


def test_the_answer(kernel: FakeKernel) -> None:
    """Each field of docs/asn.md."""
    assert previews.ask(["AS64500"]) == {
        "AS64500": HelperPreview(
            is_known=True,
            prefixes=1,
            addresses4=256,
            networks6=0,
            networks=(ip_network("203.0.113.0/24"),),
            connections=3,
            connections_total=120,
            clients=12,
            clients_total=4210,
            requests=310,
        )
    }


def test_refusals_and_what_is_unknown(kernel: FakeKernel) -> None:
    """Unknown is None and a reason, never 0."""
    changed = {
        **{"allowed": False, "refusals": ["198.51.100.9 is an own address of this host"]},
        **{"over_cap": "above the cap", "connections": None, "visitors": None, "partial": True},
        "unknown": ["no access log"],
    }
    kernel.behave("preview", json.dumps(changed))

    found = previews.ask(["198.51.100.0/24"])["198.51.100.0/24"]

    assert found.refusals == ("198.51.100.9 is an own address of this host", "above the cap")
    assert (found.connections, found.clients, found.requests) == (None, None, None)
    assert (found.is_known, found.is_partial, found.unknown) == (True, True, ("no access log",))


@pytest.mark.parametrize(
    "changed",
    [
        {"networks": ["x"]},
        {"networks": "198.51.100.0/24", "prefixes": -1, "addresses": "many", "connections": [1]},
        {"networks": [None], "visitors": {"clients": True}, "refusals": "no", "unknown": {"a": 1}},
    ],
)
def test_another_form_is_unknown(kernel: FakeKernel, changed: dict[str, Any]) -> None:
    """Whatever a helper of another release says."""
    kernel.behave("preview", json.dumps(changed))

    assert previews.ask(["AS64500"])["AS64500"].networks is None


@pytest.mark.redteam
def test_long_answers_are_cut(kernel: FakeKernel) -> None:
    """Reasons are shown on a page."""
    kernel.behave("preview", json.dumps({"allowed": False, "refusals": ["<b>" * 1000] * 1000}))

    found = previews.ask(["AS64500"])["AS64500"]

    assert (len(found.refusals), {len(text) for text in found.refusals}) == (20, {300})


def test_no_answer_says_why(kernel: FakeKernel, settings: Any) -> None:
    """sudo without a rule, a busy helper, none, none that is asked."""
    kernel.behave("busy")
    busy = "busy: 8 runs of uid 33 are not finished; nothing was done\n"
    assert previews.ask(["AS64500"])["AS64500"] == HelperPreview(unknown=(busy,))
    kernel.behave("silent")
    (kernel.directory / "busy").unlink()
    assert previews.ask(["AS64500"])["AS64500"].unknown == ("sudo: a password is required\n",)
    settings.TRASHIP_FIREWALL_HELPER = ["/nonexistent/ideolab-fw-ip"]
    assert previews.ask(["AS64500"])["AS64500"].unknown == (texts.NOT_INSTALLED,)
    settings.TRASHIP_FIREWALL_EXECUTE = False
    assert previews.ask(["AS64500"])["AS64500"].unknown == (texts.NOT_ASKED,)


def test_a_slow_helper_is_left_alone(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its second answer comes too late, and says so."""
    monkeypatch.setattr(previews, "LIMIT_S", 3.0)
    kernel.behave("slow")

    found = previews.ask(["AS64500", "AS64501"])

    assert found["AS64501"] == HelperPreview(
        unknown=("not finished after 3 s (TRASHIP_FIREWALL_TIMEOUT_S)\n",)
    )


def test_twenty_at_once(kernel: FakeKernel) -> None:
    """As many as the helper takes by sudo."""
    assert len(previews.ask([f"AS{number}" for number in range(1, 42)])) == 41
    assert kernel.calls() == 3
