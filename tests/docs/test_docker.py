"""deploy/docker is safe by itself, and docs/containers.md says what is in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ideolab_f2b import cli, places
from tests.docs import pages
from tests.docs.pages import REPOSITORY

DIRECTORY = REPOSITORY / "deploy" / "docker"
COMPOSE = yaml.safe_load((DIRECTORY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DIRECTORY / "Dockerfile").read_text()
PAGE = (REPOSITORY / "docs" / "containers.md").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_than_it_needs(name: str) -> None:
    """Nothing is written but volumes, nothing is added but what is named, and no service is root outside."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "devices", "environment", "env_file", "secrets", "ports"} & set(service)
    assert "docker.sock" not in str(service)
    # no path of the host but volumes that the file declares
    assert {one.split(":")[0] for one in service["volumes"]} <= set(COMPOSE["volumes"])


def test_only_the_opener_sees_other_processes() -> None:
    """And only it is without AppArmor; the sensors have no capability and are not root."""
    assert [name for name, one in SERVICES.items() if "pid" in one] == ["netns"]
    assert [name for name, one in SERVICES.items() if "apparmor=unconfined" in one["security_opt"]] == [
        "netns"
    ]
    assert {name for name, one in SERVICES.items() if "cap_add" not in one} == {"connmon", "intake"}
    assert {SERVICES[name]["user"] for name in ("connmon", "intake")} == {places.USER}


def test_the_services_run_the_pack() -> None:
    """Each command is a verb, and what a service starts is in the image."""
    commands = {name: one["command"] for name, one in SERVICES.items() if "command" in one}
    entries = [one["entrypoint"][1] for one in SERVICES.values() if "entrypoint" in one]

    assert {words[0] for words in commands.values()} == {"ideolab-f2b"}
    assert [name for name, words in commands.items() if words[1] not in cli.VERBS] == []
    assert set(entries) == {f"{places.LIBRARY}/deploy/docker/with-logs"}
    assert f"ideolab-{next(iter(commands))}" == places.SERVICE
    assert "intake" in SERVICES
    assert "netns" in SERVICES


def test_the_image_says_what_it_is() -> None:
    """The variable is the one that `check` reads, and the admin's jails are where it says."""
    assert f'ENV {places.COMPOSE}="docker compose"' in DOCKERFILE
    assert f"/etc/ideolab/jails.local {places.JAILS_OF_ADMIN} " in DOCKERFILE
    assert f"{places.RUN} " in DOCKERFILE


def test_the_page_has_the_services_with_their_capabilities() -> None:
    """One row for each, with all capabilities and no other."""
    rows = {cells[0].strip("`"): cells for cells in pages.table(PAGE, "service")}

    assert list(rows) == list(SERVICES)
    for name, service in SERVICES.items():
        said = set(re.findall(r"\b[A-Z]+_[A-Z]+\b", rows[name][2])) or {rows[name][2]}
        assert said == set(service.get("cap_add", ["none"])), name


def test_the_page_has_the_volumes() -> None:
    """All that the file declares, and no other."""
    rows = [word for cells in pages.table(PAGE, "volume") for word in re.findall(r"`(\w+)`", cells[0])]

    assert sorted(rows) == sorted(COMPOSE["volumes"])
    assert {name: one["name"] for name, one in COMPOSE["volumes"].items()} == {
        name: f"ideolab-f2b_{name}" for name in rows
    }
    assert set(re.findall(r"ideolab-f2b_(\w+)", PAGE)) <= set(COMPOSE["volumes"])
