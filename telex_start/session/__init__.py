"""The one thread that talks to Telex: signing in, tokens, and one connection after the other."""
