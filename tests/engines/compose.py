"""deploy/docker/compose.yaml, said in the words of the docker package: the file is what is tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from docker.types import LogConfig

from demo.lab.child import REPOSITORY

PATH = REPOSITORY / "deploy" / "docker" / "compose.yaml"
#: the order of starts, the image and the profile of a service
_ELSEWHERE = ("build", "depends_on", "profiles")
#: nanoseconds
_UNITS = {"s": 10**9, "m": 60 * 10**9}


def read(path: Path = PATH) -> dict[str, Any]:
    """Return the file, with what services take over from `x-service`."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def arguments(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `containers.create`; KeyError for a key that is not known here. Pure."""
    found: dict[str, Any] = {}
    for key, value in service.items():
        if key not in _ELSEWHERE:
            found.update(_SAY[key](value))
    return found


def _take(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: value}


def _healthcheck(value: Mapping[str, Any]) -> dict[str, Any]:
    times = {key: int(text[:-1]) * _UNITS[text[-1]] for key, text in value.items() if key != "test"}
    return {"healthcheck": {"test": [word.replace("$$", "$") for word in value["test"]], **times}}


#: {key of a service: what makes arguments of its value}
_SAY: dict[str, Callable[[Any], dict[str, Any]]] = {
    **{
        key: _take(key)
        for key in (
            "cap_add", "cap_drop", "command", "entrypoint", "image", "init", "network_mode", "read_only",
            "security_opt", "user", "volumes",
        )
    },
    "healthcheck": _healthcheck,
    "logging": lambda value: {"log_config": LogConfig(type=value["driver"], config=value["options"])},
    "pid": _take("pid_mode"),
    "restart": lambda value: {"restart_policy": {"Name": value}},
    "tmpfs": lambda value: {"tmpfs": dict.fromkeys(value, "")},
}  # fmt: skip
