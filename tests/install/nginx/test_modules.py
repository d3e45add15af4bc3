"""modules: what an nginx was built without, and what of our files it gets."""

from __future__ import annotations

import pytest

from ideolab_f2b.install import source
from ideolab_f2b.install.nginx import files, modules

SOURCE = source.find()
#: of `nginx -V` of Debian 11's nginx-light
BULLSEYE_LIGHT = """\
nginx version: nginx/1.18.0
built with OpenSSL 1.1.1w  11 Sep 2023
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -O2' --prefix=/usr/share/nginx \
--error-log-path=/var/log/nginx/error.log --with-compat --with-pcre-jit --with-http_ssl_module \
--with-http_stub_status_module --with-http_realip_module --with-http_auth_request_module \
--with-http_v2_module --with-http_dav_module --with-http_slice_module --with-threads \
--with-http_gzip_static_module --without-http_browser_module --without-http_geo_module \
--without-http_limit_req_module --without-http_limit_conn_module --without-http_memcached_module \
--without-http_referer_module --without-http_split_clients_module --without-http_userid_module
"""
USUAL = "configure arguments: --with-http_ssl_module --with-http_v2_module"


def placed(version_text: str) -> dict[str, str]:
    """The lines that count of all files, by name."""
    nginx = files.parse(version_text, "")
    texts = {file.path: file.content.decode() for file in files.files(SOURCE, nginx)}
    return {
        path.rpartition("/")[2]: "\n".join(
            line.split("  # nginx has no")[0] for line in text.splitlines() if not line.startswith("#")
        )
        for path, text in texts.items()
    }


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        (USUAL, set()),
        (f"{USUAL} --without-http_limit_conn_module", {"limit_conn"}),
        (f"{USUAL} --without-http_map_module", {"map"}),
        (f"{USUAL} --without-pcre", {"map", "rewrite"}),
        ("configure arguments: --with-http_ssl_module", {"v2", "grpc"}),
        (f"{USUAL} --without-http_grpc_module --with-http_geoip_module=dynamic", {"grpc"}),
        ("nginx version: nginx/1.22.1", set()),
        ("", set()),
    ],
)
def test_modules_are_what_configure_was_told(options: str, missing: set[str]) -> None:
    """gRPC needs HTTP/2; maps of ours need PCRE; a text without configure's words says nothing."""
    assert modules.find_missing(options) == missing


def test_an_nginx_without_limits_gets_the_rest() -> None:
    """Times, log, feed and the map of who is a host stay; no limit and none of its variables does."""
    texts = placed(BULLSEYE_LIGHT)
    whole = "\n".join(texts.values())

    assert "limit_conn" not in whole
    assert "limit_req" not in whole
    assert "client_header_timeout 15s;" in texts["ideolab-hardening.conf"]
    assert "map $binary_remote_addr $ideolab_host {" in texts["ideolab-hardening.conf"]
    assert '"limit":"","page"' in texts["ideolab-log.conf"]
    assert "X-Forwarded-For $remote_addr;" in texts["ideolab-proxy.conf"]


def test_a_block_is_left_out_whole() -> None:
    """With its braces."""
    text = placed(f"{USUAL} --without-http_rewrite_module")["ideolab-server.conf"]

    assert [word for word in ("if", "return", "{", "}") if word in text] == []
    assert "limit_conn ideolab_host 200;" in text


def test_the_admin_is_told_what_is_left_out_and_what_brings_it() -> None:
    """One sentence."""
    told = files.messages(files.parse(BULLSEYE_LIGHT, ""))

    assert (
        "nginx: it was built without http_limit_conn, http_limit_req: our files leave out limit_conn,"
        " limit_req; apt-get install nginx-core brings them"
    ) in told
    assert files.problem(files.parse(BULLSEYE_LIGHT, "")) == ""


def test_an_nginx_without_maps_is_refused() -> None:
    """Nothing of ours would load."""
    assert files.problem(files.parse(f"{USUAL} --without-http_map_module", "")) == (
        "--nginx: this nginx was built without http_map: install another build of nginx"
    )
