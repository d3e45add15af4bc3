"""nginx_files: what is placed for which nginx, and what its admin is told."""

from __future__ import annotations

import pytest

from ideolab_f2b.install import source
from ideolab_f2b.install.nginx import files as nginx_files
from ideolab_f2b.install.nginx.files import InstalledNginx, files, messages, parse, problem, references

SOURCE = source.find()
DEBIAN = """\
# configuration file /etc/nginx/nginx.conf:
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 4096; }
http {
    access_log /var/log/nginx/access.log;
    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}
"""
UPSTREAM = """\
# configuration file /etc/nginx/nginx.conf:
error_log /var/log/nginx/error.log notice;
http {
    access_log /var/log/nginx/access.log main;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
"""
BULLSEYE = DEBIAN.replace("http {", "http {\n error_log /var/log/nginx/http.log;").replace(
    "error_log /v", "#", 1
)
SERVER = """
# configuration file /etc/nginx/sites-enabled/shop:
server { error_log /var/log/nginx/shop.log; keepalive_timeout 5s; include snippets/ideolab-server.conf; }
"""


def host(dump: str, version: str = "1.22.1") -> InstalledNginx:
    return parse(
        f"nginx version: nginx/{version}\nconfigure arguments: --error-log-path=/var/log/x.log "
        "--with-http_ssl_module --with-http_v2_module\n",
        dump,
    )


def placed(found: InstalledNginx) -> dict[str, str]:
    return {file.path: file.content.decode() for file in files(SOURCE, found)}


def test_what_a_debian_gets() -> None:
    """Where its nginx reads it: the feed in the main part, beside its error_log."""
    assert list(placed(host(DEBIAN))) == [
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


@pytest.mark.parametrize(
    ("dump", "hidden"),
    [
        (UPSTREAM, ["error_log /var/log/nginx/error.log notice;"]),
        (BULLSEYE, []),
        (UPSTREAM.replace("error_log", "#"), ["error_log /var/log/x.log;"]),
    ],
    ids=["nginx.org: only the main part has one", "bullseye: http{} has one", "nowhere"],
)
def test_no_log_of_the_admin_falls_silent(dump: str, hidden: list[str]) -> None:
    """Where only http{} can be had, the log outside of it is written from there as well."""
    text = placed(host(dump))["/etc/nginx/conf.d/ideolab-feed.conf"]
    lines = [line for line in text.splitlines() if not line.startswith("#")]

    assert lines == ["error_log syslog:server=unix:/run/ideolab/nginx.sock info;", *hidden]


@pytest.mark.parametrize(
    ("main", "options", "user"),
    [
        ("user http;", "", "http"),
        ("user http web; # comment", "--user=nginx", "http"),
        ("", "--user=nginx --group=nginx", "nginx"),
        ("", "--user='web user'", "web"),
        ("", "", "nobody"),
    ],
)
def test_the_user_of_the_workers(main: str, options: str, user: str) -> None:
    """The directive, else the one it was built with, else nginx's own default."""
    dump = DEBIAN.replace("error_log", f"{main}\nerror_log", 1)

    assert parse(f"nginx version: nginx/1.22.1\nconfigure arguments: {options}", dump).user == user


def test_an_intake_that_would_not_hear_nginx_is_told() -> None:
    """Where the admin's own f2b.conf names other users."""
    found = host("# configuration file /etc/nginx/nginx.conf:\nuser http;\n")
    line = (
        "nginx: its workers run as http, and the intake would not hear them: write"
        " `senders = root, www-data, http` into [intake] of /etc/ideolab/f2b.conf"
    )

    assert line in messages(found, ("root", "www-data"))
    assert line not in messages(found, ("root", "http"))


def test_what_the_admin_has_is_left_out() -> None:
    """nginx refuses a directive twice; theirs counts, and ours says so."""
    lines = placed(host(UPSTREAM))["/etc/nginx/conf.d/ideolab-hardening.conf"].splitlines()

    assert "# /etc/nginx/nginx.conf has: keepalive_timeout 65;" in lines
    assert "keepalive_timeout 30s;" not in lines
    assert "send_timeout 60s;" in lines


def test_our_own_files_are_not_the_admins() -> None:
    """A second install places the same."""
    again = UPSTREAM + "# configuration file /etc/nginx/conf.d/ideolab-hardening.conf:\nsend_timeout 60s;\n"
    again += "# configuration file /etc/nginx/conf.d/ideolab-feed.conf:\nerror_log syslog:x info;\n"

    assert placed(host(again)) == placed(host(UPSTREAM))


@pytest.mark.parametrize(
    ("version", "knows_alpn"),
    [("1.18.0", False), ("1.21.4", False), ("1.21.5", True), ("1.22.1", True), ("1.30.6", True)],
)
def test_the_log_format_fits_the_version(version: str, knows_alpn: bool) -> None:
    """An unknown variable would keep nginx from starting."""
    text = placed(host(DEBIAN, version))["/etc/nginx/conf.d/ideolab-log.conf"]

    assert ("$ssl_alpn_protocol" in text) is knows_alpn


@pytest.mark.parametrize("log", ["", "access_log off;"])
def test_no_access_log_is_turned_on_or_off(log: str) -> None:
    """The first one in http{} would turn off the one that is built in."""
    found = host(DEBIAN.replace("access_log /var/log/nginx/access.log;", log))

    assert "/etc/nginx/conf.d/ideolab-stalled.conf" not in placed(found)
    assert "nginx: http{} has no access_log, so stalled requests are not reported (ideolab-stalled.conf)" in (
        messages(found)
    )


def test_servers_with_settings_of_their_own_are_named() -> None:
    """What only their admin can change."""
    assert messages(host(DEBIAN + SERVER))[1:] == [
        "nginx: a server in /etc/nginx/sites-enabled/shop has its own error_log: "
        "write `include snippets/ideolab-feed.conf;` there too",
        "nginx: a server in /etc/nginx/sites-enabled/shop has its own timeouts; they count if it is a "
        "default_server",
    ]


def test_applications_without_a_limit_are_named() -> None:
    """Only where neither of the snippets is included."""
    location = "location / { proxy_pass http://127.0.0.1:8000; @ }"
    told = {
        text: messages(host(DEBIAN + SERVER.replace("error_log", f"{location.replace('@', text)} #")))
        for text in (
            "",
            "include snippets/ideolab-proxy.conf;",
            "include /etc/nginx/snippets/ideolab-stream.conf;",
        )
    }

    assert {text: [line for line in lines if "application" in line] for text, lines in told.items()} == {
        "": [
            "nginx: a location in /etc/nginx/sites-enabled/shop asks an application: write "
            "`include snippets/ideolab-proxy.conf;` there, or ideolab-stream.conf where answers last"
        ],
        "include snippets/ideolab-proxy.conf;": [],
        "include /etc/nginx/snippets/ideolab-stream.conf;": [],
    }


def test_a_server_that_includes_the_feed_is_not_named_any_more() -> None:
    """The admin did what was said."""
    dump = DEBIAN + SERVER.replace("ideolab-server", "ideolab-feed")

    assert not any("error_log" in line for line in messages(host(dump)))


@pytest.mark.parametrize(
    "text",
    [
        "include snippets/ideolab-stream.conf;",
        "limit_conn ideolab_proxied 50;",
        "limit_conn ideolab_stream_net 50;",
        "proxy_set_header Connection $ideolab_connection;",
    ],
)
def test_what_uninstall_would_break_of_streams(text: str) -> None:
    """A snippet, a zone or a variable of ours in a location of the admin."""
    shop = SERVER.replace("include snippets/ideolab-server.conf;", f"location /events {{ {text} }}")

    assert references(host(DEBIAN + shop)) == [f"/etc/nginx/sites-enabled/shop: {text}"]


@pytest.mark.parametrize(
    ("events", "limits"),
    [
        ("events { worker_connections 768; }", [153, 612]),
        ("events { }", [102, 408]),
        ("", [102, 408]),
        ("events { worker_connections 4096; }", [200, 800]),
    ],
)
def test_a_client_gets_its_part_of_the_connections(events: str, limits: list[int]) -> None:
    """As many as there are for each worker."""
    dump = DEBIAN.replace("events { worker_connections 4096; }", events)
    text = placed(host(dump))["/etc/nginx/snippets/ideolab-proxy.conf"]

    assert [line for line in text.splitlines() if line.startswith("limit_conn")] == [
        f"limit_conn ideolab_proxied {limits[0]};",
        f"limit_conn ideolab_proxied_net {limits[1]};",
    ]
    assert any("worker_connections" in line for line in messages(host(dump))) is (limits[0] < 200)


def test_streams_and_pages_tell_the_application_the_same() -> None:
    """The one snippet has the headers of the other, for a location includes only one of them."""
    headers = {
        name: {
            line for line in SOURCE.read(f"deploy/nginx/{name}").decode().splitlines() if "_header" in line
        }
        for name in ("ideolab-proxy.conf", "ideolab-stream.conf")
    }

    assert {line for line in headers["ideolab-proxy.conf"] if line.startswith("proxy_set_header")} <= headers[
        "ideolab-stream.conf"
    ]


def test_files_that_nobody_reads_are_not_placed() -> None:
    """With the line that is missing."""
    assert problem(host(UPSTREAM.replace("include", "#"))) == (
        "nginx does not read /etc/nginx/conf.d/ideolab-log.conf: "
        "add the line `include /etc/nginx/conf.d/*.conf;` to http{}"
    )
    assert problem(host(DEBIAN)) == problem(nginx_files.OLDEST) == ""


def test_what_uninstall_would_break() -> None:
    """An include or a zone of ours in a file of the admin's; the include of a whole directory is none."""
    assert references(host(DEBIAN + SERVER)) == [
        "/etc/nginx/sites-enabled/shop: include snippets/ideolab-server.conf;"
    ]
    assert (
        references(
            host(DEBIAN + "# configuration file /etc/nginx/conf.d/ideolab-log.conf:\nmap $x $ideolab_y { }")
        )
        == []
    )
    assert references(host(DEBIAN.replace("access.log;", "access.log ideolab;"))) == [
        "/etc/nginx/nginx.conf: access_log /var/log/nginx/access.log ideolab;"
    ]


def test_a_version_that_nobody_knows() -> None:
    """The oldest one's files work everywhere."""
    assert parse("something else", "").version == (1, 18)
    assert parse("nginx version: openresty/1.21.4.1\n", "").version == (1, 21, 4, 1)


def test_the_log_format_is_read_before_its_use() -> None:
    """nginx reads a directory in the order of its names, and a format has to come first."""
    names = list(placed(host(DEBIAN)))

    texts = placed(host(DEBIAN))
    (definer,) = [path for path in names if "log_format ideolab " in texts[path]]
    (user,) = [path for path in names if "conf.d" in path and " ideolab if=" in texts[path]]
    assert definer < user
