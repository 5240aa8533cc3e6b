"""TLS: the one context that verifies. The owner of truststore."""

from __future__ import annotations

import ssl
import sys

from ..errors import ConfigError


def context(ca_file: str | None) -> ssl.SSLContext:
    """The one context: the system's certificate authorities, and ``ca_file`` beside them.

    Raises:
        ConfigError: ``ca_file`` cannot be read or holds no certificate.
    """
    made = _of_system()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"ca_file {ca_file} cannot be used ({error}): give the path of a PEM file.") from None
    return made


def _of_system() -> ssl.SSLContext:
    if sys.platform in ("win32", "darwin"):  # they have stores of their own
        import truststore

        made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return made
    made = ssl.create_default_context()
    # Python 3.13 sets it; a company's authority without key identifiers (RFC 5280, section 4.2.1.1) is to work.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made
