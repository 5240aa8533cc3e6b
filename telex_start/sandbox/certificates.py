"""A throw-away certificate authority, so that the sandbox speaks TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """The files of one throw-away authority and the one server certificate it signed."""

    ca_file: Path
    """PEM of the authority; this is what ``TELEX_START_CA_FILE`` names."""
    chain_file: Path
    """PEM of the server certificate, for a push server in another process."""
    key_file: Path
    """PEM of the server's private key, for a push server in another process."""

    def server_context(self) -> ssl.SSLContext:
        """A context for the sandbox's own listeners."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


def make_certificates(directory: Path) -> Certificates:
    """Write a new authority and a certificate for 127.0.0.1, ::1 and localhost into ``directory``.

    The authority's own key is never written down: nothing else can be signed with it later.

    Raises:
        OSError: the directory cannot be written.
    """
    authority = trustme.CA(organization_name="Telex Start sandbox")
    certificate = authority.issue_cert("127.0.0.1", "localhost", "::1")
    files = Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
    authority.cert_pem.write_to_path(str(files.ca_file))
    for position, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(str(files.chain_file), append=position > 0)
    files.key_file.touch(mode=0o600)
    certificate.private_key_pem.write_to_path(str(files.key_file))
    return files
