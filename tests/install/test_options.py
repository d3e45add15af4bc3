"""The options of earlier installs: stored in the manifest, or read from files of an older version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import cli, manifest
from ideolab_f2b.install.options import InstallRequest, decide, remember
from ideolab_f2b.install.site import Site
from ideolab_f2b.manifest import InstallOptions, Manifest

ALL = ("--nginx", "--sudo-for", "site", "--django", "www-data")
STORED = {"nginx": True, "sudo_for": "site", "web_group": "www-data", "no_start": False}


def install(root: Path, *words: str) -> dict[str, Any]:
    """Install below `root`; return what the manifest says."""
    (root / "etc" / "fail2ban").mkdir(parents=True, exist_ok=True)
    assert cli.main(["install", "--root", str(root), *words]) == 0
    told: dict[str, Any] = json.loads(manifest.below(root).read_text())
    return told


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
        "nginx": False, "sudo_for": None, "web_group": None, "no_start": True,
    }  # fmt: skip
    assert install(tmp_path)["options"]["no_start"] is False


def test_an_older_manifest_has_its_options_in_the_files(tmp_path: Path) -> None:
    """They are read once, and stored from then on."""
    told = install(tmp_path, *ALL)
    before = paths(told)
    del told["options"]
    manifest.below(tmp_path).write_text(json.dumps(told))

    assert install(tmp_path)["options"] == STORED
    (tmp_path / "etc/logrotate.d/ideolab-f2b").write_text("# no group in here\n")
    again = install(tmp_path)

    assert (again["options"], paths(again)) == (STORED, before)


def test_an_older_install_without_options(tmp_path: Path) -> None:
    """Nothing is there to be found."""
    told = install(tmp_path)
    del told["options"]
    manifest.below(tmp_path).write_text(json.dumps(told))

    assert install(tmp_path)["options"] == {
        "nginx": False, "sudo_for": None, "web_group": None, "no_start": False,
    }  # fmt: skip


def test_a_rule_that_the_admin_has_deleted_is_not_put_back(tmp_path: Path) -> None:
    """The right to run a program as root was taken away on purpose."""
    install(tmp_path, *ALL)
    (tmp_path / "etc/sudoers.d/ideolab-fw-ip").unlink()

    assert install(tmp_path)["options"] == {**STORED, "sudo_for": None}
    assert not (tmp_path / "etc/sudoers.d/ideolab-fw-ip").exists()


def test_what_is_asked_now_counts_more(site: Site) -> None:
    """Each option by itself."""
    earlier = Manifest("0.1.0", (), {}, InstallOptions(sudo_for=None, web_group="www-data"))

    assert remember(earlier, site) == InstallOptions(web_group="www-data")
    assert decide(InstallRequest(django="site"), earlier, site) == InstallOptions(web_group="site")
    assert decide(InstallRequest(has_nginx=True), earlier, site) == InstallOptions(
        nginx=True, web_group="www-data"
    )


@pytest.mark.parametrize("root", ["/", "staging"])
def test_nothing_was_asked_before_the_first_install(root: str, tmp_path: Path) -> None:
    """On the running system as in a staging directory."""
    assert remember(Manifest(), Site(tmp_path / root)) == InstallOptions()
