"""Where a frozen Telex Start begins."""

import sys

from telex_start.__main__ import frozen_main

sys.exit(frozen_main())
