"""A Telex whose certificates Wine can verify."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.servers import Sandbox

_BYTES = 32
"""Of each of the two numbers of a P-256 signature."""


@contextmanager
def sandbox(*options: str) -> Iterator[Sandbox]:
    """A sandbox without a limit of calls. Its certificates are another draw each time, until Wine takes them.

    Wine 8 calls an ECDSA signature false (``CERT_E_CHAINING`` after all) where one of its numbers begins with a byte of
    zeros: one signature in 128.
    """
    while True:
        with Sandbox(*options, "--rate", "0") as telex:
            if _good_for_wine(telex):
                yield telex
                return


def _good_for_wine(telex: Sandbox) -> bool:
    authority = Path(telex.ca_file).read_text()
    servers = {(split.hostname or "", split.port or 0) for split in map(urlsplit, (telex.api_url, telex.push_url))}
    return all(_numbers_are_whole(pem) for pem in (authority, *map(ssl.get_server_certificate, servers)))


def _numbers_are_whole(pem: str) -> bool:
    numbers = decode_dss_signature(x509.load_pem_x509_certificate(pem.encode()).signature)
    return all(number.bit_length() > 8 * (_BYTES - 1) for number in numbers)
