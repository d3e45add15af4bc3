"""The verb `asn`: three verbs about the table of AS numbers."""

from __future__ import annotations

import argparse

from ideolab_f2b.commands.arguments.inner_verbs import add_inner_verbs, run_inner_verb
from ideolab_f2b.commands.arguments.table_option import add_table_option

#: {verb: (module with add_arguments() and run(), what it does)}
VERBS = {
    "build": (
        "ideolab_f2b.commands.asn.build",
        "make the table from files; the old one stays where that fails",
    ),
    "show": ("ideolab_f2b.commands.asn.show", "show the networks of ASes, or of which data the table is"),
    "find": ("ideolab_f2b.commands.asn.find", "show which AS announces an address, by the table"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the three verbs and their options."""
    parser.description = (
        "The table of AS numbers, which bans of ASes need. docs/asn.md says which files it is built from."
    )
    add_inner_verbs(parser, VERBS, add_table_option)


def run(arguments: argparse.Namespace) -> int:
    """Run one of them; return its exit code. AsnTableError where there is no table, or no good file."""
    return run_inner_verb(arguments, VERBS)
