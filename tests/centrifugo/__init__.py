"""Real Centrifugo servers, pinned as Go modules in ``v6`` and ``v5``."""
