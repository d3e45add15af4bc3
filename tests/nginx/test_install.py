"""`scripts/install --nginx` on a host without systemd: places, tests, undoes, takes out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.chroot import Chroot, make_chroot

pytestmark = pytest.mark.root

PLACED = [
    "/etc/nginx/conf.d/ideolab-hardening.conf",
    "/etc/nginx/conf.d/ideolab-log.conf",
    "/etc/nginx/conf.d/ideolab-served.conf",
    "/etc/nginx/conf.d/ideolab-slots.conf",
    "/etc/nginx/conf.d/ideolab-stalled.conf",
    "/etc/nginx/modules-enabled/90-ideolab-feed.conf",
    "/etc/nginx/snippets/ideolab-feed.conf",
    "/etc/nginx/snippets/ideolab-proxy.conf",
    "/etc/nginx/snippets/ideolab-server.conf",
    "/etc/nginx/snippets/ideolab-stalled.conf",
    "/etc/nginx/snippets/ideolab-stream.conf",
]
#: a server that uses what it can
SHOP = """cat >/etc/nginx/sites-enabled/shop <<'EOF'
server {
    listen 127.0.0.1:8081;
    include snippets/ideolab-server.conf;
    location / { include snippets/ideolab-proxy.conf; proxy_pass http://127.0.0.1:9; }
    location /events { include snippets/ideolab-stream.conf; proxy_pass http://127.0.0.1:9; }
    location /rpc { include snippets/ideolab-stream.conf; grpc_pass grpc://127.0.0.1:9; }
}
EOF
"""


@pytest.fixture
def host() -> Iterator[Chroot]:
    with make_chroot() as host:
        yield host


def etc(host: Chroot) -> list[str]:
    """What differs below /etc/nginx."""
    return sorted(line.split(" ")[0] for line in host.files() if line.startswith("/etc/nginx/"))


def test_files_are_placed_tested_kept_and_taken_out(host: Chroot) -> None:
    """Only when asked; then by every later install too, until the uninstall."""
    host.install()
    assert etc(host) == []

    host.shell("nginx")
    said = host.install("--nginx").stdout.splitlines()
    assert etc(host) == PLACED
    assert "nginx reloaded" in said
    host.run("nginx", "-t")
    assert "unix:/run/ideolab/nginx.sock" in host.out("nginx", "-T")

    again = host.install().stdout.splitlines()
    assert [line.split()[0] for line in again if line.endswith(tuple(PLACED))] == ["kept"] * len(PLACED)

    gone = host.install("--uninstall")
    assert (etc(host), gone.stderr) == ([], "")
    assert "nginx reloaded" in gone.stdout.splitlines()
    host.shell("nginx -s stop")


def test_a_configuration_that_nginx_refuses_leaves_everything_as_it_was(host: Chroot) -> None:
    """A zone of the admin's with our name, but another key: only nginx -t finds that."""
    host.shell(
        "echo 'limit_req_zone $request_uri zone=ideolab_req:1m rate=1r/s;' >/etc/nginx/conf.d/theirs.conf"
    )
    # nginx makes its own directories when it is asked for the first time
    host.shell("nginx -t")
    before = host.files()

    done = host.install("--nginx", check=False)

    assert done.returncode == 1
    assert "ideolab_req" in done.stderr
    assert "Everything is as it was before." in done.stderr
    assert host.files() == before


def test_a_nginx_that_is_broken_already_is_left_alone(host: Chroot) -> None:
    """Before anything is placed, with nginx's own words."""
    host.shell("echo 'nonsense;' >/etc/nginx/conf.d/theirs.conf")
    before = host.files()

    done = host.install("--nginx", check=False)

    assert done.returncode == 1
    assert "nginx's own configuration fails, also without this pack" in done.stderr
    assert 'unknown directive "nonsense"' in done.stderr
    assert host.files() == before


def test_what_a_server_uses_is_not_taken_away(host: Chroot) -> None:
    """nginx would not start any more; the lines to take out are named."""
    host.install("--nginx")
    host.shell(SHOP)
    host.run("nginx", "-t")

    refused = host.install("--uninstall", check=False)

    assert refused.returncode == 1
    assert "/etc/nginx/sites-enabled/shop: include snippets/ideolab-server.conf;" in refused.stderr
    assert len(etc(host)) == len(PLACED) + 1

    host.shell("rm /etc/nginx/sites-enabled/shop")
    assert host.install("--uninstall").stderr == ""
    assert etc(host) == []


def test_an_older_hardening_that_its_admin_changed_is_enough(host: Chroot) -> None:
    """It is kept; what the snippets need has a file of its own."""
    host.install("--nginx")
    host.shell("echo '# my own' >>/etc/nginx/conf.d/ideolab-hardening.conf")
    host.install()
    host.shell(SHOP)

    host.run("nginx", "-t")
    assert "ideolab_stream" not in host.out("cat", "/etc/nginx/conf.d/ideolab-hardening.conf")


def test_an_older_format_that_its_admin_changed_is_enough(host: Chroot) -> None:
    """It is kept, without what answered requests are named by; that has a file of its own."""
    host.install("--nginx")
    changed = "/etc/nginx/conf.d/ideolab-log.conf"
    host.shell(f"echo '# my own' >>{changed}")

    said = host.install().stdout.splitlines()
    assert any(line.startswith("kept") and changed in line for line in said), said
    host.run("nginx", "-t")
    assert "ideolab_served" not in host.out("cat", changed)
