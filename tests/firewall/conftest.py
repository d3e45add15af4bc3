"""The namespaces of the actions' tests; the sets in them are those of each backend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets
from ideolab_f2b.kernel.nft import table_socket
from tests.actions.conftest import kernel as kernel
from tests.actions.conftest import lone as lone
from tests.actions.conftest import lone_kernel as lone_kernel
from tests.actions.conftest import network as network
from tests.actions.conftest import probe as probe


@pytest.fixture(params=sorted(BACKENDS))
def any_kernel(lone: Namespace, request: pytest.FixtureRequest) -> Iterator[KernelSets]:
    """The sets of each backend in the namespace `lone`."""
    with lone.enter():
        sets = BACKENDS[request.param].open()
    yield sets
    sets.close()
    with lone.enter():
        table_socket.release()
