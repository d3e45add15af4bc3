"""Checks what comes back with a boot: the services, the bans, and a saved firewall that holds our rule."""

from ideolab_f2b.check.boot.systemctl import ENABLED as ENABLED
from ideolab_f2b.check.boot.systemctl import ask_systemd as ask_systemd
