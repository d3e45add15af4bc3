"""What the lab needs of the machine, and the one command that brings it."""

from __future__ import annotations

import importlib.util
import os
import shutil

#: program -> Debian package
PROGRAMS = {
    "ip": "iproute2",
    "setpriv": "util-linux",
    "openssl": "openssl",
    "nginx": "nginx-light",
    "iptables": "iptables",
    "ip6tables": "iptables",
    "fail2ban-server": "fail2ban",
    "fail2ban-client": "fail2ban",
}
MODULES = {"pyinotify": "python3-pyinotify"}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def problem() -> str:
    """Return why the lab cannot run here and what to do about it; empty when it can."""
    if os.geteuid() != 0:
        return "root is needed, for network namespaces and their firewall: sudo scripts/demo"
    absent = {name: package for name, package in PROGRAMS.items() if not shutil.which(name, path=SYSTEM_PATH)}
    absent.update({name: package for name, package in MODULES.items() if not importlib.util.find_spec(name)})
    if not absent:
        return ""
    packages = " ".join(sorted(set(absent.values())))
    return (
        f"missing: {', '.join(absent)}; install with:\n  apt-get install --no-install-recommends {packages}"
    )
