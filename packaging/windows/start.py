"""Where a frozen Telex Start begins."""

import sys

from telex_start.frozen import main

sys.exit(main())
