"""`python -m evalcore`: see `evalcore.cli`."""

import sys

from evalcore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
