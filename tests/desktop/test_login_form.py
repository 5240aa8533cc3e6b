"""The check of the login form."""

from __future__ import annotations

import pytest

from telex_start.desktop.login.form import invalid_field


@pytest.mark.parametrize("email", ["ada@example.org", "a.b+c@mail.example.co.uk", "ädä@bücher.example"])
def test_an_address_and_a_password_pass(email: str) -> None:
    assert invalid_field(email, " ") is None


@pytest.mark.parametrize("email", ["ada", "ada@", "@example.org", "ada@example", "a da@example.org", "a@b@c.org"])
def test_what_is_no_address_is_said_at_the_address(email: str) -> None:
    found = invalid_field(email, "p")
    assert found is not None
    assert "does not look like" in found.message
    assert found.field == "email"


def test_each_empty_field_has_its_own_sentence() -> None:
    assert invalid_field("", "p") == ("Please enter your e-mail address.", "email")
    assert invalid_field("ada@example.org", "") == ("Please enter your password.", "password")
