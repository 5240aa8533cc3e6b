"""From publications to the words of a toast: what is news, when it is told, and how. Pure."""
