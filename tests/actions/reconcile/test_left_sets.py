"""When sets are lifted that no jail has any more."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ideolab_f2b.actions.reconcile.left_sets import LEFT_S, LeftSets
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall.backend import KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets

pytestmark = pytest.mark.root


class Scene:
    """A clock, and a server that may be ending."""

    def __init__(self) -> None:
        self.now, self.is_ending = 1000.0, False
        self.subject = LeftSets(lambda: self.now, lambda: self.is_ending)


@pytest.fixture
def scene(backend_kernel: KernelSets) -> Scene:
    for name in ("jail", "left"):
        sets = JailSets(backend_kernel, name, 1000)
        sets.place()
        sets.add(ip_network("198.51.100.7"), 0)
    return Scene()


def test_left_for_a_minute(scene: Scene, backend_kernel: KernelSets) -> None:
    """Not before: its jail may come back, and then the time begins anew."""
    assert scene.subject.look(backend_kernel, ["jail"]) == {}
    scene.now += LEFT_S - 1
    assert scene.subject.look(backend_kernel, ["jail", "left"]) == {}
    scene.now += LEFT_S
    assert scene.subject.look(backend_kernel, ["jail"]) == {}
    assert scene.subject.is_waiting
    scene.now += LEFT_S

    assert scene.subject.look(backend_kernel, ["jail"]) == {"left": 1}
    assert backend_kernel.names() == ["ideolab_ban", "jail", "jail6"]


def test_at_once_when_a_person_orders_it(scene: Scene, backend_kernel: KernelSets) -> None:
    """As `check --repair` does."""
    assert scene.subject.look(backend_kernel, ["jail"], is_ordered=True) == {"left": 1}
    assert not scene.subject.is_waiting


def test_name_of_a_jail_that_is_about_to_start(scene: Scene, backend_kernel: KernelSets) -> None:
    """It has taken its name already."""
    SET_NAMES.take("a", "left", {})
    try:
        assert scene.subject.look(backend_kernel, ["jail"], is_ordered=True) == {}
    finally:
        SET_NAMES.release("a")


def test_server_that_ends(scene: Scene, backend_kernel: KernelSets) -> None:
    """Its jails stop one after the other, and all that they hold stays."""
    scene.subject.look(backend_kernel, ["jail"])
    scene.is_ending = True
    scene.now += LEFT_S

    assert scene.subject.look(backend_kernel, [], is_ordered=True) == {}
    assert not scene.subject.is_waiting
    assert "left" in backend_kernel.names()
