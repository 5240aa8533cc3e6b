"""Measures the agent (``make bench``), side by side with the C++ original if it can be built. No test runs this."""
