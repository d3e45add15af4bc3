"""nginx_conf: what the text of `nginx -T` means."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.install.nginx import configuration
from ideolab_f2b.install.nginx.configuration import Directive

DUMP = r"""# configuration file /etc/nginx/nginx.conf:
user www-data; # who; or not
error_log /var/log/nginx/error.log;
include modules-enabled/*.conf;
events { worker_connections 768; }
http {
    log_format main '$remote_addr "$request" }; {'
                    "$status \"x\"";
    map $uri $x { default ${y}; "~^/(?<a>[;{])" 1; }
    include /etc/nginx/conf.d/*.conf;
    content_by_lua_block { local t = { a = "}" }; return "'" }
    keepalive_timeout 65;
}

# configuration file /etc/nginx/modules-enabled/50-stream.conf:
load_module modules/ngx_stream_module.so;

# configuration file /etc/nginx/conf.d/site.conf:
server {
    listen 443 ssl;
    error_log /var/log/nginx/site.log;
    location / { proxy_pass http://127.0.0.1; }
}
include /etc/nginx/conf.d/site.conf;

# configuration file /etc/nginx/unused.conf:
broken {
"""
SITE = "/etc/nginx/conf.d/site.conf"


def named(name: str) -> list[Directive]:
    return [one for one in configuration.directives(DUMP) if one.name == name]


def test_includes_are_followed_where_they_stand() -> None:
    """A file is read in the blocks of its include; one that is included by nobody is not."""
    assert named("load_module") == [
        Directive(
            "load_module", ("modules/ngx_stream_module.so",), (), "/etc/nginx/modules-enabled/50-stream.conf"
        )
    ]
    assert [(one.text, one.context, one.file) for one in named("error_log")] == [
        ("error_log /var/log/nginx/error.log;", (), "/etc/nginx/nginx.conf"),
        ("error_log /var/log/nginx/site.log;", ("http", "server"), SITE),
    ]
    assert named("broken") == []


def test_a_file_that_includes_itself_ends() -> None:
    """nginx refuses it; the reader only has to come to an end."""
    assert [one.file for one in named("server")] == [SITE]


def test_quotes_comments_and_variables() -> None:
    """Marks inside of them are text."""
    assert named("user") == [Directive("user", ("www-data",), (), "/etc/nginx/nginx.conf")]
    assert named("log_format")[0].arguments == (
        "main",
        '$remote_addr "$request" }; {',
        r"$status \"x\"",
    )
    assert [one.arguments for one in named("default")] == [("${y}",)]
    assert [one.name for one in configuration.directives(DUMP) if one.context == ("http", "map")] == [
        "default",
        "~^/(?<a>[;{])",
    ]


def test_a_block_of_another_language_is_skipped() -> None:
    """What follows it is in the right block."""
    assert named("keepalive_timeout")[0].context == ("http",)
    assert named("local") == []


@pytest.mark.parametrize(
    ("context", "path", "is_read"),
    [
        (("http",), "/etc/nginx/conf.d/ideolab-log.conf", True),
        (("http",), "/etc/nginx/modules-enabled/90-ideolab-feed.conf", False),
        ((), "/etc/nginx/modules-enabled/90-ideolab-feed.conf", True),
        ((), "/etc/nginx/snippets/ideolab-feed.conf", False),
    ],
)
def test_where_a_new_file_would_be_read(context: tuple[str, ...], path: str, is_read: bool) -> None:
    """By the includes as they stand, relative ones too."""
    assert configuration.includes(configuration.directives(DUMP), context, path) is is_read


@given(st.text(alphabet=" a;{}'\"#\\$\n", max_size=200))
def test_any_text_comes_to_an_end(text: str) -> None:
    """Also what nginx would refuse."""
    for one in configuration.directives(f"# configuration file /x:\n{text}"):
        assert one.file == "/x"


@pytest.mark.root
def test_the_configuration_of_this_host() -> None:
    """As its nginx prints it."""
    dump = subprocess.run(["nginx", "-T"], capture_output=True, text=True)
    assert dump.returncode == 0, dump.stderr

    found = configuration.directives(dump.stdout)

    assert [one.context for one in found if one.name in ("worker_connections", "http")] == [("events",), ()]
