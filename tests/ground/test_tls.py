"""The one context that verifies."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from telex_start.errors import ConfigError
from telex_start.net import tls


def test_the_context_verifies() -> None:
    context = tls.context(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_ca_file_that_cannot_be_used_names_itself(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        tls.context(str(file))
