"""`scripts/install --nginx` on a fresh host: nginx's own words reach the jails, until the uninstall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.chroot import make_chroot
from tests.host.machine import boot
from tests.host.overlay import Host
from tests.host.pack import hold_datagrams, wait_for_health

NGINX_JAILS = ["nginx-ideolab-probe", "nginx-ideolab-slowtls", "nginx-ideolab-stalled"]
#: what `while SSL handshaking` needs, on loopback, which is never banned
SITE = """cat >/etc/nginx/sites-enabled/tls <<'EOF'
server {
    listen 127.0.0.1:443 ssl default_server;
    ssl_certificate /etc/ssl/tls.crt; ssl_certificate_key /etc/ssl/tls.key;
}
EOF
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=lab.example \
    -keyout /etc/ssl/tls.key -out /etc/ssl/tls.crt 2>/dev/null
nginx"""
GARBAGE = """python3 - <<'EOF'
import socket
for _ in range(3):
    with socket.create_connection(("127.0.0.1", 443)) as client:
        client.sendall(b"\\x16\\x03\\x01\\x00\\x50" + b"A" * 80)
        client.recv(100)
EOF"""
WAIT = "for i in $(seq 100); do [ $(grep -c {text} {path}) -ge {count} ] && exit; sleep 0.1; done; exit 1"


@pytest.fixture(
    params=[pytest.param("systemd", marks=pytest.mark.systemd), pytest.param("sysv", marks=pytest.mark.root)]
)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with boot() if request.param == "systemd" else make_chroot() as host:
        yield host


def jails(host: Host) -> list[str]:
    listed = host.out("fail2ban-client", "status").partition("Jail list:")[2]
    return sorted(name.strip() for name in listed.split(",") if "nginx" in name)


def files_but_nginx_log(host: Host) -> set[str]:
    """nginx tells there that the socket was not there yet, or not any more."""
    return {line for line in host.files() if not line.startswith("/var/log/nginx/")}


def test_what_nginx_says_reaches_the_jails(host: Host) -> None:
    """Only when it was asked for: the intake runs, the filter counts; after the uninstall nothing is left."""
    host.shell(SITE)
    files, rules = files_but_nginx_log(host), host.kernel()
    host.install()
    assert jails(host) == []

    host.install("--nginx")
    hold_datagrams(host)
    wait_for_health(host)
    assert jails(host) == NGINX_JAILS
    assert "ok       intake: last did its work " in host.out("ideolab-f2b", "check", "-v")

    host.shell(GARBAGE)
    log = "/var/log/ideolab/nginx-error.log"
    host.shell(
        WAIT.format(
            text="'SSL_do_handshake() failed .* client: 127.0.0.1, server: 127.0.0.1:443'", path=log, count=3
        )
    )
    host.shell(
        WAIT.format(
            text="'nginx-ideolab-probe.*Ignore 127.0.0.1\\|nginx-ideolab-probe.*Refused.*127.0.0.1'",
            path="/var/log/fail2ban.log",
            count=1,
        )
    )

    gone = host.install("--uninstall")
    assert gone.stderr == ""
    assert "removed  /run/ideolab\n" in gone.stdout
    assert host.run("test", "-e", "/run/ideolab", check=False).returncode == 1
    assert (files_but_nginx_log(host), host.kernel()) == (files, rules)
