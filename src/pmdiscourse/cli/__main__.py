"""So that ``python -m pmdiscourse.cli`` is the command too."""

import sys

from pmdiscourse.cli import main

if __name__ == "__main__":
    sys.exit(main())
