"""The verb `asn`: three verbs about the table of AS numbers."""

from __future__ import annotations

import argparse
import importlib

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
    verbs = parser.add_subparsers(dest="asn_verb", metavar="VERB", required=True)
    for name, (module, summary) in VERBS.items():
        arguments = verbs.add_parser(name, help=summary)
        vars(arguments)["is_json"] = getattr(parser, "is_json", False)
        importlib.import_module(module).add_arguments(arguments)
        add_table_option(arguments)
        # a wrong option is told by the parser that it was given to
        arguments.set_defaults(fail=arguments.error, reject=getattr(arguments, "reject", None))


def run(arguments: argparse.Namespace) -> int:
    """Run one of them; return its exit code. AsnTableError where there is no table, or no good file."""
    code: int = importlib.import_module(VERBS[arguments.asn_verb][0]).run(arguments)
    return code
