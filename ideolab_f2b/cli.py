"""ideolab-f2b: one verb per module; errors become one line on stderr and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

from ideolab_f2b import __version__, columns, config, places
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.commands.arguments.config_option import require_config
from ideolab_f2b.fail2ban_client import ClientError, ServerDownError

#: {verb: (module with add_arguments() and run(), what it does)}
VERBS = {
    "connmon": ("ideolab_f2b.commands.connmon", "watch the sockets of port 443, write suspects for fail2ban"),
    "ban-list": (
        "ideolab_f2b.commands.ban_list",
        "make the sets that saved firewall rules name (at a boot)",
    ),
    "intake": ("ideolab_f2b.commands.intake", "write nginx's syslog datagrams as safe lines for fail2ban"),
    "netns": (
        "ideolab_f2b.commands.netns",
        "hand connmon and the ban action a socket into each container, or list the containers",
    ),
    "origin": ("ideolab_f2b.commands.origin", "show who has an address: AS, name, country, prefix"),
    "status": (
        "ideolab_f2b.commands.status",
        "show how the pack is, or whether an address is banned, until when and why",
    ),
    "bans": ("ideolab_f2b.commands.bans", "list what fail2ban and the kernel hold, and where they differ"),
    "ban": ("ideolab_f2b.commands.ban", "ban addresses and networks, for a time or for good"),
    "unban": ("ideolab_f2b.commands.unban", "lift bans of addresses and networks, in every jail"),
    "asn": (
        "ideolab_f2b.commands.asn.asn",
        "the table of AS numbers on this host: build it, show the networks of an AS, find that of an address",
    ),
    "geo": (
        "ideolab_f2b.commands.geo.geo",
        "let only some countries in, or all but some: build, show, apply, confirm, pause, remove",
    ),
    "suggest": (
        "ideolab_f2b.commands.suggest",
        "list networks and ASes in which bans cluster; it bans nobody",
    ),
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
#: {what people type too: its verb}
ALIASES = {"list": "bans"}
HELP = "help"
_VERSION = ("-V", "--version")
#: the shell's code for a program that Ctrl-C has ended
_INTERRUPTED = 130
#: what the kernel and fail2ban-client say to who is not root
_DENIED = ("permission denied", "operation not permitted", "must be root", "failed to access socket path")


class VerbParser(argparse.ArgumentParser):
    """Tells usage errors also as JSON, where the caller reads that."""

    is_json = False

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, and end with exit code 2."""
        if self.is_json:
            print(columns.format_json({"error": message}), flush=True)
        super().error(message)

    def reject(self, word: str) -> NoReturn:
        """End with a usage error about a word that the verb does not take."""
        if not word.startswith("-"):
            self.error(f"it takes no word {word!r}")
        name = word.partition("=")[0]
        known = [option for action in self._actions for option in action.option_strings]
        self.error(f"there is no option {name!r}{_resemble(name, known)}")


def parser(verb: str, *, is_json: bool = False) -> VerbParser:
    """Return the parser of all verbs; only the module of `verb` is imported, so that it starts quickly."""
    whole = VerbParser(
        prog="ideolab-f2b",
        description="Idle and slow TLS clients, found and banned through fail2ban.",
        epilog="ideolab-f2b VERB --help has the options of a verb, docs/commands.md the exit codes.",
    )
    whole.add_argument(*_VERSION, action="version", version=f"ideolab-f2b {__version__}")
    verbs = whole.add_subparsers(dest="verb", metavar="VERB", required=True)
    others = {name: [alias for alias, of in ALIASES.items() if of == name] for name in VERBS}
    for name, (module, summary) in VERBS.items():
        arguments = verbs.add_parser(name, help=summary, aliases=others[name])
        arguments.is_json = is_json
        if name == verb:
            importlib.import_module(module).add_arguments(arguments)
            whole.set_defaults(reject=arguments.reject)
    verbs.add_parser(HELP, help="show the options of a verb: ideolab-f2b help ban", add_help=False)
    whole.is_json = is_json
    return whole


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit code: 0 done, 1 failed, 2 usage."""
    given = list(sys.argv[1:] if words is None else words)
    # `su` without a dash leaves root without the sbin directories, where nginx, iptables and useradd are
    os.environ["PATH"] = places.complete_path(os.environ.get("PATH", ""))
    try:
        try:
            return _run(given)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # `| head` has read enough
        _abandon_output()
        return 0
    except OSError as error:
        _abandon_output()
        print(f"ideolab-f2b: {error}", file=sys.stderr)
        return 1


def _abandon_output() -> None:
    """Let the interpreter not complain of what it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(given: list[str]) -> int:
    if not given:
        # who types the name alone wants to know what there is
        parser("").print_help(sys.stderr)
        return 2
    verb, words = _find_verb(given)
    whole = parser(verb, is_json="--json" in given)
    if verb and verb not in VERBS:
        whole.error(f"there is no verb {verb!r}{_resemble(verb, [*VERBS, *ALIASES, HELP])}")
    arguments, extra = whole.parse_known_args(words)
    _take_rest(arguments, extra)
    try:
        require_config(arguments)
        code: int = importlib.import_module(VERBS[verb][0]).run(arguments)
        return code
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except (OSError, config.ConfigError, ClientError, AsnTableError, ValueError) as error:
        return _fail(verb, _explain(error, given), is_json=bool(getattr(arguments, "json", False)))


def _take_rest(arguments: argparse.Namespace, extra: list[str]) -> None:
    """Take addresses that stand behind an option too, which argparse does not; all else is a usage error."""
    wrong = [word for word in extra if word.startswith("-")]
    if wrong or (extra and not hasattr(arguments, "addresses")):
        arguments.reject((wrong or extra)[0])
    if extra:
        arguments.addresses += extra


def _find_verb(given: list[str]) -> tuple[str, list[str]]:
    """Return the verb and the words for the parser; `help VERB` is `VERB --help`."""
    first, *rest = given or [""]
    if first == HELP:
        verb = ALIASES.get(rest[0], rest[0]) if rest else ""
        return ("" if verb.startswith("-") else verb), [verb, "--help"] if verb else ["--help"]
    if rest and rest[-1] in _VERSION:
        return "", ["--version"]
    verb = "" if first.startswith("-") else ALIASES.get(first, first)
    return verb, [verb, *rest] if verb else given


def _explain(error: Exception, given: list[str]) -> str:
    """Return what went wrong, with what to type for who is not root and was refused, or without fail2ban."""
    text = str(error)
    if os.geteuid() != 0 and "sudo" not in text and any(word in text.lower() for word in _DENIED):
        return f"{text}; this needs root: sudo ideolab-f2b {shlex.join(given)}"
    return f"{text}; {places.restart('fail2ban')}" if isinstance(error, ServerDownError) else text


def _fail(verb: str, error: str, *, is_json: bool) -> int:
    """Say on one line why the verb failed; return its exit code."""
    with contextlib.suppress(BrokenPipeError):
        print(f"ideolab-f2b {verb}: {error}", file=sys.stderr)
    if is_json:
        print(columns.format_json({"error": error}), flush=True)
    return 1


def _resemble(word: str, known: Iterable[str]) -> str:
    """Return the question after a word that is none, with what is written nearly the same."""
    near = difflib.get_close_matches(word, list(known), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else "; ideolab-f2b help lists what there is"
