"""What is released: built twice, looked into, installed into nothing, used on a desktop, and removed.

`make test-packages`; not a part of `make test`, as it wants the locked tools and fetches all dependencies.
"""
