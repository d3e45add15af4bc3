"""What this nginx was built without, and our files without what it would refuse therefore. Pure.

Names of modules, and which ones are built unless they are refused: nginx's auto/options and auto/modules.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

_OPTION = re.compile(r"--(with|without)-http_(\w+?)_module\b")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


class Module(NamedTuple):
    """A part of nginx that our files use: its directives and variables are names or beginnings of names."""

    name: str
    directives: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    #: built only where configure was told so
    is_extra: bool = False
    #: the other modules that it needs
    needs: tuple[str, ...] = ()

    def has_directive(self, word: str) -> bool:
        """Return whether a line that begins with this word belongs to the module."""
        return bool(word) and word.startswith(self.directives)

    def has_variable(self, name: str) -> bool:
        """Return whether it is the module that knows this variable."""
        return name.startswith(self.variables)


MODULES = (
    Module("limit_conn", ("limit_conn",), ("limit_conn_",)),
    Module("limit_req", ("limit_req",), ("limit_req_",)),
    Module("v2", ("http2_",), ("http2",), is_extra=True),
    Module("grpc", ("grpc_",), needs=("v2",)),
    Module("proxy", ("proxy_",), ("proxy_",)),
    Module("ssl", ("ssl_",), ("ssl_",), is_extra=True),
    Module("rewrite", ("if", "return")),
    Module("map", ("map",)),
)
#: nothing of ours works without: the limits by network, and which lines are sent
_REQUIRED = frozenset(("map",))
_BY_NAME = {one.name: one for one in MODULES}


def find_missing(version_text: str) -> frozenset[str]:
    """Return the names of MODULES that the nginx of this text of `nginx -V` does not have.

    A text without configure's words, such as that of a staging directory, says nothing: none is missing.
    """
    _before, words, options = version_text.partition("configure arguments:")
    if not words:
        return frozenset()
    said = {name: word for word, name in _OPTION.findall(options)}
    missing = {one.name for one in MODULES if said.get(one.name) != "with" and _is_absent(one, said)}
    missing |= {one.name for one in MODULES if missing & set(one.needs)}
    if re.search(r"--without-pcre\b", options):
        # our maps compare with expressions, and so does rewrite
        missing |= {"map", "rewrite"}
    return frozenset(missing)


def _is_absent(one: Module, said: dict[str, str]) -> bool:
    return one.is_extra or said.get(one.name) == "without"


def fit(text: str, missing: Collection[str]) -> str:
    """Return a file of ours for an nginx without these modules: their directives are comments in it."""
    if not missing:
        return text
    lacking = [_BY_NAME[name] for name in sorted(missing)]
    lines: list[str] = []
    depth = 0
    for line in text.split("\n"):
        owner = next((one for one in lacking if one.has_directive(_first_word(line))), None)
        if depth or owner:
            depth += line.count("{") - line.count("}")
            lines.append(f"# {line.strip()}" + (f"  # nginx has no http_{owner.name}" if owner else ""))
        else:
            lines.append(line if line.startswith("#") else _without_variables(line, lacking))
    return "\n".join(lines)


def _first_word(line: str) -> str:
    return (line.split() or [""])[0].rstrip(";")


def _without_variables(line: str, lacking: Collection[Module]) -> str:
    """Leave out the variables that nginx would not know; ours are quoted, so that "" stays."""

    def replace(found: re.Match[str]) -> str:
        return "" if any(one.has_variable(found[1]) for one in lacking) else found[0]

    return _VARIABLE.sub(replace, line)


def problem(missing: Collection[str]) -> str:
    """Return why our files are no use to an nginx without these modules; "" when they are."""
    needed = sorted(_REQUIRED & set(missing))
    if not needed:
        return ""
    return f"--nginx: this nginx was built without http_{needed[0]}: install another build of nginx"


def messages(missing: Collection[str], package: str) -> list[str]:
    """Return what was left out for these modules; `package` says how a build is got that has them."""
    if not missing:
        return []
    names = ", ".join(f"http_{name}" for name in sorted(missing))
    left = ", ".join(
        f"{prefix}*" if prefix.endswith("_") else prefix
        for one in MODULES
        if one.name in missing
        for prefix in one.directives
    )
    return [f"nginx: it was built without {names}: our files leave out {left}; {package} brings them"]
