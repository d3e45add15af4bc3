"""deploy/nginx and the filters on the nginx of other releases, each in a chroot."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ideolab_f2b.install import source
from ideolab_f2b.install.nginx import files
from tests.matrix import chroot
from tests.nginx import replay

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(1200)]

PACKAGES = ("nginx", "libnginx-mod-stream", "curl", "ca-certificates", "iproute2", "openssl")
RELEASES = {"bullseye": "1.18.", "trixie": "1.26.", "forky": "1.30."}
#: `http2 on` came with 1.25.1, where the word at `listen` began to be complained of
_OLD, _NEW = "listen 443 ssl http2 default_server;", "listen 443 ssl default_server; http2 on;"
_SCRIPT = "/pack/tests/nginx/versions.sh"


@pytest.fixture(scope="module", params=sorted(RELEASES))
def release(request: pytest.FixtureRequest) -> tuple[str, Path]:
    try:
        return request.param, chroot.build(request.param, PACKAGES, f"{request.param}-nginx")
    except chroot.BuildError as problem:
        pytest.skip(str(problem))


def version(root: Path) -> files.InstalledNginx:
    done = chroot.run(root, "nginx", "-V")
    return files.parse(done.stderr, "")


@pytest.fixture(scope="module")
def said(release: tuple[str, Path]) -> dict[str, list[str]]:
    """{log: its lines} after a page and a few slow clients."""
    _name, root = release
    seen = version(root)
    (log,) = [file for file in files.files(source.find(), seen) if file.path.endswith("ideolab-log.conf")]
    deployed = {
        path.name
        for path in Path(source.find().files, "deploy/nginx").glob("*")
        if path.read_bytes() == log.content
    }
    done = chroot.run(
        root,
        "unshare",
        "--net",
        "bash",
        _SCRIPT,
        deployed.pop(),
        _NEW if seen.version >= (1, 25, 1) else _OLD,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, _colon, text = line.partition(": ")
        lines.setdefault(name, []).append(text)
    return lines


def test_the_release_brings_its_nginx(release: tuple[str, Path]) -> None:
    """The version that it is here for."""
    name, root = release

    assert chroot.run(root, "nginx", "-v").stderr.strip().split("/")[1].startswith(RELEASES[name])


def test_all_files_pass(said: dict[str, list[str]]) -> None:
    """`nginx -t` with every file of deploy/nginx, and without a complaint."""
    assert [re.sub(r"^.*?(\[|nginx:)", r"\1", line) for line in said["test"]] == [
        "nginx: the configuration file /tmp/nginx.conf syntax is ok",
        "nginx: configuration file /tmp/nginx.conf test is successful",
    ]


def test_a_page_of_60_assets_is_served_twice(said: dict[str, list[str]]) -> None:
    """120 of 120 over HTTP/2."""
    assert said["burst"] == ["200 2"] * 120


def test_the_filters_read_its_logs(said: dict[str, list[str]]) -> None:
    """Silence, half a request, garbage; and a body that never came, of which only the access log knows."""
    slow = replay.hits(replay.matcher("nginx-ideolab-slowtls", "normal"), said["error"])
    garbage = replay.hits(replay.matcher("nginx-ideolab-slowtls", "probe"), said["error"])

    assert slow == {"127.0.0.1": 2}
    assert garbage == {"127.0.0.1": 1}
    for name, mode in (("combined", "aggressive"), ("ours", "normal")):
        stalled = replay.hits(replay.matcher("nginx-ideolab-stalled", mode), said[name])
        # half a request and the body
        assert stalled == {"127.0.0.1": 2}, name


def test_our_format_is_json(said: dict[str, list[str]]) -> None:
    """With what this version knows of TLS."""
    lines = [json.loads(line) for line in said["ours"]]

    assert {line["tls"] for line in lines} <= {"TLSv1.2", "TLSv1.3"}
    assert all(line["ciphers"] and line["curves"] for line in lines)


_PLACE = """\
import subprocess
from pathlib import Path
from ideolab_f2b.install import source
from ideolab_f2b.install.nginx import files, host
nginx = host.ask()
print(sorted(nginx.missing), files.problem(nginx))
for file in files.files(source.find(), nginx):
    Path(file.path).parent.mkdir(parents=True, exist_ok=True)
    Path(file.path).write_bytes(file.content)
"""
_LIGHT = """\
cp -a /etc/nginx /tmp/nginx
mount --bind /tmp/nginx /etc/nginx
PYTHONPATH=/pack python3 -c "$1"
sed -i 's#server_name _;#server_name _; include snippets/ideolab-server.conf; location /p {
 include snippets/ideolab-proxy.conf; proxy_pass http://127.0.0.1:9; } location /s {
 include snippets/ideolab-stream.conf; proxy_pass http://127.0.0.1:9; }#' /etc/nginx/sites-enabled/default
nginx -t
"""


def test_a_build_without_limits_takes_what_fits() -> None:
    """Debian 11's nginx-light has neither limit_conn nor limit_req; its own nginx says that all is well."""
    packages = ("nginx-light", "python3")
    try:
        root = chroot.build("bullseye", packages, "bullseye-nginx-light")
    except chroot.BuildError as problem:
        pytest.skip(str(problem))

    done = chroot.run(root, "sh", "-euc", _LIGHT.replace("\n include", " include"), "sh", _PLACE)

    assert done.stdout == "['limit_conn', 'limit_req'] \n"
    assert (done.returncode, "test is successful" in done.stderr) == (0, True), done.stderr
