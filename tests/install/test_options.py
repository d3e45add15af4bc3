"""The options of earlier installs: stored in the manifest, or read from files of an older version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import cli, manifest
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.options import InstallRequest, decide, remember
from ideolab_f2b.install.site import Site
from ideolab_f2b.manifest import Entry, InstallOptions, Manifest

ALL = ("--nginx", "--sudo-for", "site", "--django", "www-data")
ROTATION = "etc/logrotate.d/ideolab-f2b"
STORED = {
    "nginx": True, "sudo_for": "site", "web_group": "www-data", "no_start": False, "containers": False
}  # fmt: skip


def install(root: Path, *words: str) -> dict[str, Any]:
    """Install below `root`; return what the manifest says."""
    (root / "etc" / "fail2ban").mkdir(parents=True, exist_ok=True)
    assert cli.main(["install", "--root", str(root), *words]) == 0
    told: dict[str, Any] = json.loads(manifest.below(root).read_text())
    return told


def dry_run(root: Path, *words: str) -> None:
    """Print what an install below `root` would do; nothing is stored."""
    (root / "etc" / "fail2ban").mkdir(parents=True, exist_ok=True)
    assert cli.main(["install", "--root", str(root), *words]) == 0
    assert not manifest.below(root).exists()


def paths(told: dict[str, Any]) -> list[str]:
    return [entry["path"] for entry in told["entries"]]


def test_options_are_stored_and_count_again(tmp_path: Path) -> None:
    """An install without options does what the one before it did."""
    first = install(tmp_path, *ALL)
    second = install(tmp_path)

    assert first["options"] == second["options"] == STORED
    assert paths(first) == paths(second)


def test_no_start_is_stored_for_one_install(tmp_path: Path) -> None:
    """The next one starts the services."""
    assert install(tmp_path, "--no-start")["options"] == {
        "nginx": False, "sudo_for": None, "web_group": None, "no_start": True, "containers": False,
    }  # fmt: skip
    assert install(tmp_path)["options"]["no_start"] is False


def test_an_older_manifest_has_its_options_in_the_files(tmp_path: Path) -> None:
    """They are read once, and stored from then on."""
    told = install(tmp_path, *ALL)
    before = paths(told)
    del told["options"]
    manifest.below(tmp_path).write_text(json.dumps(told))

    assert install(tmp_path)["options"] == STORED
    again = install(tmp_path)

    assert (again["options"], paths(again)) == (STORED, before)


def test_an_older_install_without_options(tmp_path: Path) -> None:
    """Nothing is there to be found."""
    told = install(tmp_path)
    del told["options"]
    manifest.below(tmp_path).write_text(json.dumps(told))

    assert install(tmp_path)["options"] == {
        "nginx": False, "sudo_for": None, "web_group": None, "no_start": False, "containers": False,
    }  # fmt: skip


def test_a_rule_that_the_admin_has_deleted_is_not_put_back(tmp_path: Path) -> None:
    """The right to run a program as root was taken away on purpose."""
    install(tmp_path, *ALL)
    (tmp_path / "etc/sudoers.d/ideolab-fw-ip").unlink()

    assert install(tmp_path)["options"] == {**STORED, "sudo_for": None}
    assert not (tmp_path / "etc/sudoers.d/ideolab-fw-ip").exists()


@pytest.mark.parametrize("text", [None, "# no group in here\n"], ids=["deleted", "without the group"])
def test_a_rotation_without_the_group_ends_django(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The site may not write the new logs any more: the jail and its log go, which is said."""
    install(tmp_path, *ALL)
    rotation = tmp_path / ROTATION
    rotation.unlink()
    if text is not None:
        rotation.write_text(text)
    capsys.readouterr()

    told = install(tmp_path)

    assert told["options"] == {**STORED, "web_group": None}
    assert "/var/log/ideolab/traship.log" not in paths(told)
    assert (
        "no --django any more: /etc/logrotate.d/ideolab-f2b has no line `create 0660 ideolab www-data`"
        in capsys.readouterr().out.splitlines()
    )


def test_containers_are_remembered_until_they_are_withdrawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run says it too, and who was not asked again hears how to end it."""
    to_run = "ideolab-netns is to run: it opens sockets in the network namespaces of containers"
    runs = [("--dry-run", "--containers"), ("--containers",), (), ("--no-containers",), ()]
    told = []
    for options in runs:
        capsys.readouterr()
        stored = None
        if "--dry-run" in options:
            dry_run(tmp_path, *options)
        else:
            stored = install(tmp_path, *options)["options"]["containers"]
        said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ideolab-netns")]
        told.append((stored, said))

    assert told == [
        (None, [to_run]),
        (True, [to_run]),
        (True, [f"{to_run}; --no-containers stops it"]),
        (False, []),
        (False, []),
    ]


@pytest.mark.parametrize(
    ("option", "name", "gone"),
    [
        ("--no-nginx", "nginx", "/etc/nginx/conf.d/ideolab-log.conf"),
        ("--no-sudo-for", "sudo_for", "/etc/sudoers.d/ideolab-fw-ip"),
        ("--no-django", "web_group", "/var/log/ideolab/traship.log"),
    ],
)
def test_an_option_is_withdrawn(
    option: str, name: str, gone: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it brought is removed, the other options stay, and the next install remembers that."""
    assert gone in paths(install(tmp_path, *ALL))
    without = {**STORED, name: InstallOptions._field_defaults[name]}

    first = install(tmp_path, option)
    second = install(tmp_path)

    assert first["options"] == second["options"] == without
    assert not (tmp_path / gone[1:]).exists()
    assert gone not in paths(second)
    assert "no --django any more" not in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--no-nginx", "--no-django"])
def test_a_jail_in_a_block_of_the_admins_is_not_withdrawn(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The block stays as the admin has it, and fail2ban would not start without the jail's log."""
    first = install(tmp_path, *ALL)
    block = tmp_path / "etc/fail2ban/jail.local"
    block.write_text(block.read_text().replace("enabled = true\n", "enabled = true\nmaxretry = 9\n", 1))

    assert cli.main(["install", "--root", str(tmp_path), option]) == 1
    assert (
        "our block in /etc/fail2ban/jail.local, which you have changed, still has" in capsys.readouterr().err
    )
    assert json.loads(manifest.below(tmp_path).read_text()) == first


def test_a_sudo_rule_that_stays_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A right that nobody asked for this time must not go unnoticed."""
    told = "kept     the sudo rule for site  (--no-sudo-for removes it)"
    install(tmp_path, *ALL)
    assert told not in capsys.readouterr().out

    install(tmp_path)
    assert told in capsys.readouterr().out.splitlines()


def with_files(site: Site, group: str) -> Site:
    """The site with the two files that say that --django and --sudo-for still count."""
    for path in (ROTATION, "etc/sudoers.d/ideolab-fw-ip"):
        (site.root / path).parent.mkdir(parents=True)
        (site.root / path).write_text(f"    create 0660 ideolab {group}\n")
    return Site(site.root, {f"/{ROTATION}": Entry("file", f"/{ROTATION}")})


def test_what_is_asked_now_counts_more(site: Site) -> None:
    """Each option by itself."""
    site = with_files(site, "www-data")
    earlier = Manifest("0.1.0", (), {}, InstallOptions(sudo_for=None, web_group="www-data"))

    assert remember(earlier, site) == InstallOptions(web_group="www-data")
    assert decide(InstallRequest(django="site"), earlier, site) == InstallOptions(web_group="site")
    assert decide(InstallRequest(has_nginx=True), earlier, site) == InstallOptions(
        nginx=True, web_group="www-data"
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            InstallOptions(web_group="f2bfnobody"),
            "there is no group f2bfnobody any more, whose site writes traship.log:"
            " --django USER names the user of the site anew, --no-django ends it",
        ),
        (
            InstallOptions(sudo_for="f2bfnobody"),
            "--sudo-for f2bfnobody: there is no such user\n"
            "An earlier install was asked for this rule; --no-sudo-for removes it.",
        ),
    ],
)
def test_who_was_remembered_has_to_exist(
    options: InstallOptions, text: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the running system, before anything is written."""
    site = with_files(site, "f2bfnobody")
    monkeypatch.setattr(Site, "is_live", True)
    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/sbin/visudo")

    with pytest.raises(InstallError) as caught:
        decide(InstallRequest(), Manifest("0.1.0", (), {}, options), site)

    assert str(caught.value) == text


@pytest.mark.parametrize("root", ["/", "staging"])
def test_nothing_was_asked_before_the_first_install(root: str, tmp_path: Path) -> None:
    """On the running system as in a staging directory."""
    assert remember(Manifest(), Site(tmp_path / root)) == InstallOptions()
