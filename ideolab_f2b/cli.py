"""ideolab-f2b: one verb per module; errors become one line on stderr and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from ideolab_f2b import __version__, config
from ideolab_f2b.fail2ban_client import ClientError

#: {verb: (module with add_arguments() and run(), what it does)}
VERBS = {
    "connmon": ("ideolab_f2b.commands.connmon", "watch the sockets of port 443, write suspects for fail2ban"),
    "intake": ("ideolab_f2b.commands.intake", "write nginx's syslog datagrams as safe lines for fail2ban"),
    "origin": ("ideolab_f2b.commands.origin", "show who has an address: AS, name, country, prefix"),
    "bans": ("ideolab_f2b.commands.bans", "list what fail2ban and the kernel hold, and where they differ"),
    "ban": ("ideolab_f2b.commands.ban", "ban addresses and networks, for a time or for good"),
    "unban": ("ideolab_f2b.commands.unban", "lift bans of addresses and networks, in every jail"),
    "check": (
        "ideolab_f2b.commands.check",
        "check every part that protects this host, and say how to mend it",
    ),
    "install": (
        "ideolab_f2b.commands.install",
        "install the pack into fail2ban and start it (scripts/install also gets packages)",
    ),
    "uninstall": ("ideolab_f2b.commands.uninstall", "remove the pack from this host"),
}


def parser(verb: str) -> argparse.ArgumentParser:
    """Return the parser of all verbs; only the module of `verb` is imported, so that it starts quickly."""
    whole = argparse.ArgumentParser(
        prog="ideolab-f2b", description="Idle and slow TLS clients, found and banned through fail2ban."
    )
    whole.add_argument("--version", action="version", version=f"ideolab-f2b {__version__}")
    verbs = whole.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (module, summary) in VERBS.items():
        arguments = verbs.add_parser(name, help=summary)
        if name == verb:
            importlib.import_module(module).add_arguments(arguments)
    return whole


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit code: 0 done, 1 failed, 2 usage."""
    given = sys.argv[1:] if words is None else list(words)
    arguments = parser(given[0] if given else "").parse_args(given)
    module, _summary = VERBS[arguments.verb]
    try:
        code: int = importlib.import_module(module).run(arguments)
    except BrokenPipeError:
        # `| head` has read enough; the interpreter must not complain when it flushes stdout at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, config.ConfigError, ClientError, ValueError) as error:
        print(f"ideolab-f2b {arguments.verb}: {error}", file=sys.stderr)
        return 1
    return code
