"""The man page and the shells' completions, made from the one description of all commands and options.

``python -m telex_start.reference man`` (or ``bash``, ``zsh``, ``fish``) prints one. What is printed lies in ``assets/``
too, from where a package takes it.
"""
