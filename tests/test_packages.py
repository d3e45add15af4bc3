"""requirements/ names what tests and product run and import, and nothing else."""

from __future__ import annotations

import ast
import configparser
import functools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import packages

REPOSITORY = Path(__file__).resolve().parent.parent
LOCK = REPOSITORY / "requirements" / "test.txt"
PRODUCT = ("action.d", "ideolab_accesslog", "ideolab_f2b")
OURS = {"demo", "deploy", "ideolab_accesslog", "ideolab_f2b", "tests"}
#: what is measured, and what needs other releases, is no part of scripts/test's run
ELSEWHERE = ("bench", "matrix")

#: programs of packages that every Debian has (Essential: yes, or Priority: required)
EVERYWHERE = {
    *(
        "apt-get",
        "bash",
        "cat",
        "chmod",
        "chroot",
        "cp",
        "env",
        "grep",
        "id",
        "kill",
        "mount",
        "nsenter",
        "python3",
        "readlink",
        "rm",
        "runuser",
        "sed",
    ),
    *("setpriv", "sh", "sleep", "test", "true", "unshare", "update-rc.d", "useradd", "userdel"),
}
#: the pack's own program and its verbs, which some tests run in a host of theirs
OF_THE_PACK = {
    "ideolab-f2b", "ban", "bans", "check", "connmon", "install", "intake", "origin", "status", "unban",
}  # fmt: skip
#: programs of other distributions, and of what scripts/test leaves out
NOT_DEBIAN = {"fail2ban-python", "initdb", "msgfmt", "npm"}
#: modules that the product or its tests take where the owner installed them
OPTIONAL = {"MySQLdb", "ipwhois", "maxminddb"}
#: modules of the lock whose distribution has another name
DISTRIBUTIONS = {
    "_pytest": "pytest",
    "rest_framework": "djangorestframework",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
}


def trees(*tops: str) -> Iterator[ast.Module]:
    """The parsed Python files below some directories."""
    for top in tops:
        for path in sorted((REPOSITORY / top).rglob("*.py")):
            if not set(ELSEWHERE) & set(path.parts):
                yield _tree(path)


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def programs(tree: ast.Module) -> Iterator[str]:
    """The programs that a file runs or looks for, where it names them by a literal word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            word = _program(node, node.func)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Child":
            word = _text(node.args[2])
        else:
            continue
        if word:
            yield os.path.basename(word)


def _program(call: ast.Call, function: ast.Attribute) -> str:
    owner = getattr(function.value, "id", getattr(function.value, "attr", ""))
    first = call.args[0] if call.args else None
    if owner == "subprocess" and isinstance(first, (ast.List, ast.Tuple)) and first.elts:
        return _text(first.elts[0])
    if (owner, function.attr) == ("shutil", "which"):
        return _text(first)
    # of a network namespace or of a throw-away host
    if function.attr in {"command", "out", "run"} and owner not in {"subprocess", "asyncio"}:
        return _text(first)
    return ""


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def imports(tree: ast.Module) -> Iterator[str]:
    """The top-level names of the modules that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def unlisted_programs(*found: ast.Module) -> set[str]:
    """The programs for which no package is in the list."""
    known = {name for package in packages.packages() for name in package.programs}
    return {name for tree in found for name in programs(tree)} - known - EVERYWHERE - OF_THE_PACK - NOT_DEBIAN


def unlisted_modules(known: set[str], *found: ast.Module) -> set[str]:
    """The modules that neither Python nor this repository nor `known` has."""
    named = {name for tree in found for name in imports(tree)}
    return named - set(sys.stdlib_module_names) - OURS - known


def debian_modules() -> set[str]:
    return {name for package in packages.packages() for name in package.modules}


def locked_modules() -> set[str]:
    names = set(re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(), re.MULTILINE))
    renamed = {module for module, name in DISTRIBUTIONS.items() if name in names}
    return {name.replace("-", "_") for name in names} | renamed


def test_every_program_has_its_package() -> None:
    """What a test or the product runs is in the list, or in every Debian."""
    assert unlisted_programs(*trees(*PRODUCT, "demo", "tests")) == set()


def test_every_module_has_its_package() -> None:
    """What a test imports is in the lock, or in a Debian package of the list."""
    assert unlisted_modules(locked_modules() | debian_modules() | OPTIONAL, *trees("demo", "tests")) == set()


def test_the_product_imports_what_debian_has() -> None:
    """The distribution's Python runs it, without anything from PyPI."""
    known = debian_modules() | OPTIONAL
    assert unlisted_modules(known, *trees("action.d", "ideolab_f2b")) == set()


def test_every_line_of_the_list_is_used() -> None:
    """A program or module that nothing names any more takes its package with it."""
    text = "\n".join(
        path.read_text(errors="replace")
        for top in (*PRODUCT, "scripts", "demo", "tests", "jail.d")
        for path in (REPOSITORY / top).rglob("*")
        if path.suffix in {"", ".py", ".conf"} and path.is_file() and path.name != Path(__file__).name
    )
    unused = [
        package.name
        for package in packages.packages()
        if not any(re.search(rf"\b{re.escape(Path(one).name)}\b", text) for one in _names(package))
    ]

    assert unused == []
    assert [package.name for package in packages.packages() if not package.why] == []


def _names(package: packages.Package) -> list[str]:
    return [*package.programs, *package.modules, *package.files]


@pytest.mark.parametrize(
    "line",
    [
        'subprocess.run(["nonesuch", "-v"])',
        'shutil.which("nonesuch")',
        'host.namespace.run("nonesuch", "add")',
        'machine.out("/usr/sbin/nonesuch")',
        'Child(namespace, output, "nonesuch", "-v")',
    ],
)
def test_a_program_without_a_package_is_found(line: str) -> None:
    """Each way in which the code runs one."""
    assert unlisted_programs(ast.parse(line)) == {"nonesuch"}


@pytest.mark.parametrize("line", ["import nonesuch.part", "def f():\n    from nonesuch import part"])
def test_a_module_without_a_package_is_found(line: str) -> None:
    """Also one that is imported inside of a function."""
    assert unlisted_modules(locked_modules(), ast.parse(line)) == {"nonesuch"}


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason of a skipped test is the package to install."""
    monkeypatch.setattr(packages, "is_there", lambda package: package.name not in {"chromium", "ipset"})

    assert packages.missing(names=["chromium"]) == "needs chromium (apt; scripts/test installs it)"
    assert packages.missing("root") == "needs ipset (apt; scripts/test installs it)"
    assert packages.missing("systemd") == packages.missing(names=["redis-server"]) == ""


def test_the_lock_has_what_setup_cfg_asks_for() -> None:
    """Whoever adds a requirement runs scripts/lock."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "setup.cfg")
    extras = parser["options.extras_require"]
    lines = [line.strip() for name in ("test", "lint") for line in extras[name].splitlines()]
    wanted = {re.split(r"[^\w-]", line)[0].lower() for line in lines if line and not line.startswith("#")}

    assert wanted - set(re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(), re.MULTILINE)) == set()
    assert "grafana-foundation-sdk" in wanted


def test_the_lock_holds_no_address() -> None:
    """It installs from whatever index pip was told to use; each line has its hash."""
    for path in LOCK.parent.glob("*.txt"):
        text = path.read_text()
        assert "://" not in text and "--index" not in text
    pinned = re.findall(r"^[a-z].*\\\n    --hash=sha256:", LOCK.read_text(), re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z]", LOCK.read_text(), re.MULTILINE))
