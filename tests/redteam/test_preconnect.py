"""A stranger's page that opens silent connections: the one ban that a page can cause is one of minutes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.child import Child
from demo.lab.wait import wait_until
from ideolab_f2b import logline
from tests.accesslog.browser import PROGRAM
from tests.redteam.attacker import PLAIN, attacker
from tests.redteam.site import ADDRESS, Site, site

pytestmark = [
    pytest.mark.redteam,
    pytest.mark.root,
    pytest.mark.alone,
    pytest.mark.needs("fail2ban"),
    pytest.mark.needs("chromium"),
]

VISITOR = "198.51.100.90"
#: the seconds of a ban for what a browser can be made to open
SHORT_S = 600
#: names of the attacker's DNS that point at the site, one connection or two to each. New ones every few
#: seconds: a browser that has just started takes its network for changed, and closes what it has opened
_PAGE = """<!doctype html><title>kittens</title><script>
let round = 0;
function connect() {
    for (let number = 0; number < 20; number++) {
        const link = document.createElement("link");
        link.rel = "preconnect";
        link.href = `http://a${round}-${number}.foreign.example:443`;
        document.head.append(link);
    }
    if (++round < 5) setTimeout(connect, 4000);
}
connect();
</script>"""
#: no flag that switches opening ahead off, as playwright's do
_ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
    f"--host-resolver-rules=MAP www.evil.example 192.0.2.254, MAP *.foreign.example {ADDRESS}",
)


@pytest.fixture
def visited(tmp_path: Path) -> Iterator[Site]:
    """The site, while the page is open in a browser."""
    with site("f2bpre") as place:
        certificate = place.nginx.error_log.parent.parent
        place.move_client_to(VISITOR)
        with attacker(place.client, certificate, {"kittens": _PAGE}):
            words = [PROGRAM, *_ARGUMENTS, f"--user-data-dir={tmp_path}/profile", f"{PLAIN}/kittens"]
            browser = Child(place.client, tmp_path / "output", *words)
            yield place
            browser.stop()


def _count_connections(place: Site) -> int:
    words = place.server.command("ss", "-tnH", "state", "established", "sport", "=", ":443", "dst", VISITOR)
    return len(subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines())


def test_a_page_can_cause_a_ban_of_minutes_only(visited: Site) -> None:
    """Silent connections of a browser cannot be told from an attack's: he is banned, but not for an hour."""
    wait_until(lambda: _count_connections(visited) >= 20, "silent connections")

    wait_until(lambda: VISITOR in visited.banned().get("ideolab-connmon", []), "a ban")

    rows = [logline.read_line(text) for text in (visited.log / "connmon.log").read_text().splitlines()]
    assert {(row.address, row.plain.get("ttl")) for row in rows if row} == {(VISITOR, str(SHORT_S))}
    told = visited.fail2ban.ask("get", "ideolab-connmon", "banip", "--with-time")
    assert [line.split("+")[1].split("=")[0].strip() for line in told] == [str(SHORT_S)]
    assert set(visited.banned()) == {"ideolab-connmon", "set ideolab_connmon"}
