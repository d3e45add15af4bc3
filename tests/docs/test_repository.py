"""What people look for in a repository: the workflow, the forms, the hooks, the licences."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import REPOSITORY

GITHUB = REPOSITORY / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
YAML = [*sorted(GITHUB.rglob("*.yml")), REPOSITORY / ".pre-commit-config.yaml"]
#: what scripts/test runs before the tests
GATES = {"ruff", "mypy", "lint-imports", "codespell", "shellcheck"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def files() -> list[str]:
    """What stands in the folders of the repository; .venv and caches are none of them."""
    tops = [path for path in REPOSITORY.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [str(path.relative_to(REPOSITORY)) for top in tops for path in top.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_every_file_of_yaml_can_be_read(path: Path) -> None:
    """And holds something."""
    assert load(path)


def test_the_workflow_runs_what_ci_run_runs() -> None:
    """.ci/run is scripts/test, and nothing stands between."""
    workflow = load(GITHUB / "workflows" / "ci.yml")
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    script = (REPOSITORY / ".ci" / "run").read_text()

    assert commands[-1] == "$DEBIAN .ci/run"
    assert "exec scripts/test\n" in script
    # yaml takes the word `on` for true
    assert set(workflow[True]) == {"push", "pull_request", "schedule"}
    assert workflow["permissions"] == {"contents": "read"}
    # a push does not end the weekly run of the same branch
    assert "${{ github.event_name }}" in workflow["concurrency"]["group"]


def test_the_workflow_runs_as_root_with_a_kernel() -> None:
    """Namespaces, sets and systemd-nspawn need it; the checkout is what is tested."""
    words = load(GITHUB / "workflows" / "ci.yml")["env"]["DEBIAN"].split()

    assert words[:2] == ["docker", "run"]
    assert {"--privileged", "--rm", "/checkout"} <= set(words)
    assert words[-1].startswith("debian:")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_the_forms_ask_for_what_helps(path: Path) -> None:
    """Versions, and a warning about addresses before the first field; ids are unique."""
    form = load(path)
    fields = [item for item in form["body"] if item["type"] != "markdown"]
    names = [field["id"] for field in fields]

    assert {"name", "description", "body"} <= set(form)
    assert form["body"][0]["type"] == "markdown"
    assert "**Remove addresses of people before you paste.**" in form["body"][0]["attributes"]["value"]
    assert len(set(names)) == len(names)
    assert "versions" in names
    assert all(field["attributes"]["label"] for field in fields)


def test_the_form_of_a_false_positive_has_every_jail() -> None:
    """Those of jail.d/ideolab.conf, and last the 403 of the site."""
    jails = configparser.ConfigParser(interpolation=None)
    jails.read(REPOSITORY / "jail.d" / "ideolab.conf")
    [field] = [
        item
        for item in load(GITHUB / "ISSUE_TEMPLATE" / "false_positive.yml")["body"]
        if item.get("id") == "jail"
    ]

    assert sorted(field["attributes"]["options"][:-1]) == sorted(jails.sections())


def test_the_hooks_are_the_gates_of_scripts_test() -> None:
    """With the tools of .venv, nothing from a network."""
    [repository] = load(REPOSITORY / ".pre-commit-config.yaml")["repos"]
    entries = [hook["entry"].split()[0] for hook in repository["hooks"]]
    script = (REPOSITORY / "scripts" / "test").read_text()

    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    assert {Path(entry).parent for entry in entries} == {Path(".venv/bin")}
    assert {Path(entry).name for entry in entries} == GATES | {"python"}
    assert [gate for gate in sorted(GATES) if not re.search(rf'bin"?/{gate}\b', script)] == []


def test_every_file_has_a_licence() -> None:
    """REUSE.toml covers all, and LICENSES/ has the text of each."""
    tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11")
    annotations = tomllib.loads((REPOSITORY / "REUSE.toml").read_text())["annotations"]
    texts = {path.stem for path in (REPOSITORY / "LICENSES").iterdir()}
    named = [
        path
        for item in annotations
        for path in ([item["path"]] if isinstance(item["path"], str) else item["path"])
    ]

    assert "**" in named
    assert [path for path in named if path != "**" and not (REPOSITORY / path).exists()] == []
    assert {item["SPDX-License-Identifier"] for item in annotations} == texts
    assert (REPOSITORY / "LICENSES/GPL-2.0-or-later.txt").read_text() == (REPOSITORY / "LICENSE").read_text()


def test_pyproject_can_be_read() -> None:
    """And holds only what setup.cfg cannot."""
    tomllib = pytest.importorskip("tomllib", reason="needs Python 3.11")
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())

    assert (set(settings), set(settings["tool"])) == ({"build-system", "tool"}, {"ruff"})


def test_attributes_are_about_files_that_exist() -> None:
    """Git reads each pattern of .gitattributes; requirements/test.txt comes with the lock."""
    names = files()
    lines = (REPOSITORY / ".gitattributes").read_text().splitlines()
    patterns = [line.split()[0] for line in lines if line and not line.startswith(("#", "* "))]
    idle = [
        pattern
        for pattern in patterns
        if not any(Path(name).match(pattern) or name.startswith(pattern.rstrip("*")) for name in names)
    ]

    assert set(idle) <= {"requirements/test.txt"}
