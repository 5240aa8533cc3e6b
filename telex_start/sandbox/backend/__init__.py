"""What Telex's own servers do: accounts, the answers of the API, and the notifications that are published."""
