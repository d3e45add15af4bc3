"""Verbs of a verb, as `asn build` and `geo show` are."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Mapping
from typing import Optional

#: {verb: (module with add_arguments() and run(), what it does)}
InnerVerbs = Mapping[str, "tuple[str, str]"]


def add_inner_verbs(
    parser: argparse.ArgumentParser,
    verbs: InnerVerbs,
    add_shared: Optional[Callable[[argparse.ArgumentParser], object]] = None,
) -> None:
    """Add the verbs with their options, and those that all of them share."""
    added = parser.add_subparsers(dest="inner_verb", metavar="VERB", required=True)
    for name, (module, summary) in verbs.items():
        arguments = added.add_parser(name, help=summary)
        vars(arguments)["is_json"] = getattr(parser, "is_json", False)
        importlib.import_module(module).add_arguments(arguments)
        if add_shared is not None:
            add_shared(arguments)
        # what is wrong is told by the parser that it was given to
        arguments.set_defaults(fail=arguments.error, reject=getattr(arguments, "reject", None))


def run_inner_verb(arguments: argparse.Namespace, verbs: InnerVerbs) -> int:
    """Run the verb that was given; return its exit code."""
    code: int = importlib.import_module(verbs[arguments.inner_verb][0]).run(arguments)
    return code
