"""Loading an action as fail2ban-server would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_action
from ideolab_f2b.fail2ban_action import ActionError

pytestmark = pytest.mark.skipif(shutil.which("fail2ban-client") is None, reason="needs fail2ban")
REPOSITORY = Path(__file__).resolve().parent.parent


OURS = ("ideolab-ban.py", "ideolab-report.py")


@pytest.mark.parametrize("name", OURS)
def test_our_action_loads(name: str) -> None:
    """With the package of the checkout."""
    fail2ban_action.load(REPOSITORY / "action.d" / name, REPOSITORY)


@pytest.mark.parametrize("name", OURS)
def test_our_action_without_its_package_is_found_out(name: str, tmp_path: Path) -> None:
    """The shim loads all the same, so that fail2ban lives: here it counts as unusable."""
    with pytest.raises(ActionError, match=rf"{name}: the package ideolab_f2b cannot be imported there"):
        fail2ban_action.load(REPOSITORY / "action.d" / name, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise RuntimeError('not today')\n", "RuntimeError: not today"),
        ("raise SystemExit\n", "it gave no reason"),
        (
            "from fail2ban.server.action import ActionBase\n"
            "class Action(ActionBase):\n"
            "    def __init__(self, jail, name, **kw): super().__init__(jail, name)\n",
            "it lacks reload, clearAllParams, flush, prolong",
        ),
    ],
)
def test_an_action_that_fail2ban_would_choke_on_or_drop(tmp_path: Path, text: str, said: str) -> None:
    """One that raises stops every jail; one without reload() is gone after the first reload."""
    action = tmp_path / "other.py"
    action.write_text(text)

    with pytest.raises(ActionError, match=said):
        fail2ban_action.load(action, REPOSITORY)
