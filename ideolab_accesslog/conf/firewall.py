"""The settings of bans in the firewall."""

from __future__ import annotations

from ideolab_accesslog.conf.setting import Setting
from ideolab_accesslog.setting_types import (
    OPTIONAL_PATH,
    POSITIVE,
    SWITCH,
    WORDS,
    choice,
)

FIREWALL = (
    Setting(
        "TRASHIP_FIREWALL_EXECUTE",
        SWITCH,
        False,
        "carry out bans in the firewall; `False`: note them, and let the site answer 403",
    ),
    Setting("TRASHIP_FIREWALL_TIMEOUT_S", POSITIVE, 3, "seconds for one call of the helper"),
    Setting(
        "TRASHIP_FIREWALL_TRANSPORT",
        choice("log", "helper"),
        "log",
        "`log`: a ban is a line for fail2ban, without privileges, and UNBAN and CHECK use the helper where "
        "it is installed; `helper`: all three through sudo",
    ),
    Setting(
        "TRASHIP_FIREWALL_HELPER",
        WORDS,
        ["/usr/bin/sudo", "-n", "/usr/local/sbin/ideolab-fw-ip"],
        "the command of the helper",
    ),
    Setting(
        "TRASHIP_MANUAL_LOG",
        OPTIONAL_PATH,
        "/var/log/ideolab/manual.log",
        'where the transport `log` writes; `""` only with the transport `helper`',
    ),
)
