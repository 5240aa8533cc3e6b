"""Where configuration, logs, caches and the lock live on each platform. The owner of platformdirs."""

from __future__ import annotations

import os
import stat
import sys
import warnings
from pathlib import Path

from .errors import ConfigError

_NAME = "telex-start"


def config_file() -> Path:
    """``config.toml`` (Linux: ``$XDG_CONFIG_HOME/telex-start/config.toml``); it need not exist."""
    from platformdirs import user_config_path

    return user_config_path(_NAME, appauthor=False, roaming=True) / "config.toml"


def log_file() -> Path:
    """The log; its folder is made where it is missing."""
    from platformdirs import user_log_path

    return user_log_path(_NAME, appauthor=False, ensure_exists=True) / "telex-start.log"


def cache_folder() -> Path:
    """Drawn icons; may be deleted at any time."""
    from platformdirs import user_cache_path

    return user_cache_path(_NAME, appauthor=False)


def runtime_folder() -> Path:
    """The folder of the lock and the bell: this user's alone.

    Raises:
        ConfigError: it cannot be made, or somebody else could write to it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and sys.platform != "win32":
        folder = Path(base) / _NAME
    else:
        from platformdirs import user_runtime_path

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that XDG_RUNTIME_DIR is not set is no news here
            folder = user_runtime_path(_NAME, appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be made ({error.strerror}): set XDG_RUNTIME_DIR.") from None
    if sys.platform != "win32" and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022):
        raise ConfigError(f"the folder {folder} is open to others: remove it, or set XDG_RUNTIME_DIR.")
    return folder
