"""Tests what is released: builds it twice, checks its content, installs it somewhere empty, uses and removes it.

`make test-packages`; not a part of `make test`, as it needs the locked tools and downloads all dependencies.
"""
