"""python3 -m ideolab_f2b: the same program as ideolab-f2b, straight from a checkout."""

import sys

# before the first module that an older Python cannot read
if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit(f"ideolab-f2b needs Python 3.9 or newer; {sys.executable} is {sys.version.split()[0]}")

from ideolab_f2b.cli import main

if __name__ == "__main__":
    sys.exit(main())
