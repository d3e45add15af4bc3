"""python3 -m ideolab_f2b: the same program as ideolab-f2b, straight from a checkout."""

import sys

from ideolab_f2b.cli import main

if __name__ == "__main__":
    sys.exit(main())
