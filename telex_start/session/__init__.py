"""Talks to Telex: signs in, renews tokens, keeps one connection after the other; polls, on a thread of their own."""
