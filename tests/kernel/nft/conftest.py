"""A namespace with the table of the bans, owned and unowned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.kernel.nft import table_socket
from ideolab_f2b.kernel.nft.sets import NftSets


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """A namespace without rules."""
    with link_namespaces("f2bban-nft") as (server, _client):
        yield server


@pytest.fixture(params=["newest", "5.10"])
def sets(
    namespace: Namespace, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NftSets]:
    """An empty table; "5.10": without owner, and with times that only add, delete, add changes."""
    if request.param == "5.10":
        monkeypatch.setattr(table_socket, "OWNER", 0)
        monkeypatch.setattr(table_socket, "PERSIST", 0)
        monkeypatch.setattr(table_socket, "is_updating", lambda: False)
    with namespace.enter():
        opened = NftSets(scoped=("ports",))
    yield opened
    opened.close()
    with namespace.enter():
        table_socket.release()
    namespace.run("nft", "flush", "ruleset")
