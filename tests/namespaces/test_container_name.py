"""Names of containers: each engine's, what a user may choose, and no byte that hurts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.namespaces.container_name import name_container

ID = "0225320b4597" + "a" * 52
OTHER = "7d3b1f0a9c21" + "b" * 52
USER = "/user.slice/user-1000.slice/user@1000.service"


@pytest.mark.parametrize(
    ("cgroup", "name"),
    [
        (f"0::/docker/{ID}", "docker:0225320b4597"),
        (f"0::/system.slice/docker-{ID}.scope", "docker:0225320b4597"),
        (f"12:devices:/docker/{ID}\n1:name=systemd:/docker/{ID}\n0::/", "docker:0225320b4597"),
        (f"0::/machine.slice/libpod-{ID}.scope/container", "libpod:0225320b4597"),
        (f"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope", "cri-containerd:0225320b4597"),
        (f"0::/kubepods.slice/kubepods-pod1.slice/crio-{ID}.scope", "crio:0225320b4597"),
        (f"0::/kubepods/besteffort/pod1/{ID}", "container:0225320b4597"),
        (f"0::/../docker-{ID}.scope", "docker:0225320b4597"),
        ("0::/lxc.payload.c1/system.slice/nginx.service", "lxc:c1"),
        ("0::/machine.slice/machine-web.scope/payload", "machine:web"),
        ("0::/system.slice/nginx.service", "unit:nginx"),
        ("0::/", "pid:12"),
        ("", "pid:12"),
        # a container of a user has the user's number in front
        (f"0::{USER}/user.slice/libpod-{ID}.scope", "user1000:libpod:0225320b4597"),
        (f"0::/../..{USER}/docker-{ID}.scope", "user1000:docker:0225320b4597"),
        # what stands further left is the owner's: inside of a container one can make any cgroup
        (f"0::/docker/{ID}/docker/{OTHER}", "docker:0225320b4597"),
        (f"0::/lxc.payload.c1/docker/{OTHER}", "lxc:c1"),
        # no id
        ("0::/docker/abc", "pid:12"),
        (f"0::/docker/{ID}a", "pid:12"),
    ],
)
def test_names(cgroup: str, name: str) -> None:
    """As the engines' own programs show them."""
    assert name_container(cgroup, "", 12) == name


def test_what_ip_netns_calls_it() -> None:
    """Behind an engine's name, before a unit's."""
    assert name_container(f"0::/docker/{ID}", "web", 12) == "docker:0225320b4597"
    assert name_container("0::/system.slice/nginx.service", "web", 12) == "netns:web"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_more_than_a_name(cgroup: str, netns: str) -> None:
    """Names reach lines, events, tables and settings as they are."""
    for text in (
        cgroup,
        f"0::/lxc.payload.{cgroup}",
        f"0::/machine-{cgroup}.scope",
        f"0::/a/{cgroup}.service",
    ):
        assert re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", name_container(text, netns, 12))
