"""Finding, opening and closing the Telex client."""
