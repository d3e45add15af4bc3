"""The verb `geo`: six verbs about the country list."""

from __future__ import annotations

import argparse

from ideolab_f2b.commands.arguments.inner_verbs import add_inner_verbs, run_inner_verb

#: {verb: (module with add_arguments() and run(), what it does)}
VERBS = {
    "build": (
        "ideolab_f2b.commands.geo.build",
        "make the list of prefixes from the source's files; it changes nothing in the kernel",
    ),
    "show": (
        "ideolab_f2b.commands.geo.show",
        "show the list, or the country of addresses and what the list says",
    ),
    "apply": (
        "ideolab_f2b.commands.geo.apply",
        "put the list in force; --confirm 60s ends it unless you confirm",
    ),
    "confirm": ("ideolab_f2b.commands.geo.confirm", "keep in force what `apply --confirm` has put there"),
    "pause": ("ideolab_f2b.commands.geo.pause", "let every country in for a time; it ends by itself"),
    "remove": ("ideolab_f2b.commands.geo.remove", "take the rule and its sets out of the kernel"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the six verbs and their options."""
    parser.description = (
        "The country list: which countries may open connections. docs/geo.md has the sources and an example."
    )
    add_inner_verbs(parser, VERBS)


def run(arguments: argparse.Namespace) -> int:
    """Run one of them; return its exit code."""
    return run_inner_verb(arguments, VERBS)
