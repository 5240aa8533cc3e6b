"""TLS: the one context that verifies. The owner of truststore."""

from __future__ import annotations

import os
import re
import ssl
import sys

from ..errors import ConfigError
from .names import wire_name

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""How OpenSSL looks for a certificate in a folder (openssl-rehash(1))."""


class _Context(ssl.SSLContext):
    """The certificate authorities of OpenSSL's folder, each read when a certificate names it.

    Systems have all of them in one file as well, which takes 22 ms of processor time to read, and 0.8 MB for good (144
    of them, OpenSSL 3.0). It is read where a certificate does not verify without it.
    """

    bundle: str | None = None
    """The file, while it is not read."""


def context(ca_file: str | None) -> ssl.SSLContext:
    """The one context: the system's certificate authorities, and ``ca_file`` beside them.

    Raises:
        ConfigError: ``ca_file`` cannot be read or holds no certificate.
    """
    made = _of_folder() or _of_system()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"ca_file {ca_file} cannot be used ({error}): give the path of a PEM file.") from None
    return made


def load_rest(made: ssl.SSLContext) -> bool:
    """A certificate did not verify: read the authorities that were not read yet.

    Returns:
        Whether there were any, so that another try may end better.
    """
    bundle = made.bundle if isinstance(made, _Context) else None
    if not isinstance(made, _Context) or bundle is None:
        return False
    made.bundle = None
    try:
        made.load_verify_locations(cafile=bundle)
    except OSError:
        return False
    return True


def server_name(made: ssl.SSLContext, host: str) -> str | bytes:
    """The name that the certificate must have, as this context wants it: truststore gives it to the system's own
    verification on Windows and macOS, which takes text alone."""
    return wire_name(host) if isinstance(made, _Context) else host


def _of_folder() -> ssl.SSLContext | None:
    """A context with OpenSSL's folder, if it is made for that and holds anything."""
    if sys.platform in ("win32", "darwin"):  # they have stores of their own
        return None
    where = ssl.get_default_verify_paths()
    try:
        if where.capath is None or not any(map(_HASHED.fullmatch, os.listdir(where.capath))):
            return None
        made = _Context(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(capath=where.capath)
    except OSError:
        return None
    made.bundle = where.cafile
    return made


def _of_system() -> ssl.SSLContext:
    import truststore

    made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return made
