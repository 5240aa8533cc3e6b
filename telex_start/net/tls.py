"""TLS: the one context that verifies. The owner of truststore."""

from __future__ import annotations

import ssl

import truststore

from ..errors import ConfigError


def context(ca_file: str | None) -> ssl.SSLContext:
    """The one context: the system's certificate authorities, and ``ca_file`` beside them.

    Raises:
        ConfigError: ``ca_file`` cannot be read or holds no certificate.
    """
    made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"ca_file {ca_file} cannot be used ({error}): give the path of a PEM file.") from None
    return made
