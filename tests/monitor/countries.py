"""A country list in the kernel of the site, and a client that it refuses."""

from __future__ import annotations

import socket
import time

from ideolab_f2b.config import GeoSettings, Paths, Settings
from ideolab_f2b.geo.rule import metrics
from ideolab_f2b.geo.rule.in_force import CountryFirewall
from ideolab_f2b.geo.rule.state import StateFiles
from tests.actions.conftest import bind_any
from tests.geo.rule.conftest import exempt_always, make_list
from tests.monitor.scene import Scene

#: no client of the demo
_REFUSED = "198.51.100.251"
#: seconds for the kernel to refuse the first SYN
_SYN_S = 0.2


def put(scene: Scene) -> None:
    """Refuse a network and a client in it, and write the metrics."""
    settings = Settings(
        paths=Paths(textfile_dir=scene.textfiles), geo=GeoSettings(policy="deny", backend="nft")
    )
    directory = scene.site.directory / "geo"
    directory.mkdir()
    with scene.site.server.enter():
        firewall = CountryFirewall(settings, StateFiles(directory), exempt_always)
        firewall.apply(make_list(f"{_REFUSED}/32", "2001:db8:f::/64", policy="deny", built=time.time()))
    _knock(scene)
    with scene.site.server.enter():
        assert metrics.export(firewall, settings) == []


def _knock(scene: Scene) -> None:
    with scene.site.client.enter(), socket.socket(socket.AF_INET) as own:
        bind_any(own, _REFUSED)
        own.settimeout(_SYN_S)
        try:
            own.connect(("192.0.2.1", 443))
        except TimeoutError:
            return
    raise AssertionError(f"{_REFUSED} was let in")
