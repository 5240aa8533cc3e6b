"""What the preferences window says. Pure."""

from __future__ import annotations

from .model import CLICK, FROM, TO

KIND_WORDS = {
    "unread_thread_change": "&Unread threads",
    "channel_mention": "&Mentions",
    "thread_reply": "Re&plies",
    "direct_call_initiated": "&Calls",
    "saved_message_remainder": "Rem&inders",
}
"""Each ``notification_type`` in words; the letter behind the & is underlined, and chosen by Alt."""
LEVEL_WORDS = {"all": "Everything", "mentions": "Mentions only", "none": "Nothing"}
CHOICES: dict[str, dict[str | None, str]] = {
    CLICK: {None: "What is installed", "conversation": "The conversation", "client": "The Telex client"},
    "sound": {"desktop": "As the desktop does", "on": "On", "off": "Off"},
    "while_client_runs": {"notify": "Notify as always", "quiet": "Quiet while it is in front"},
}
"""For each choice its values and their words."""
TIPS = {
    "at_login": "Start when you log in to this computer; the login window then opens by itself",
    "remember_email": "Fill in the e-mail address of your last sign-in; the password is never stored",
    "show_text": "Off: notifications say only where something is new, not what was written",
    CLICK: "What is installed: the Telex client where there is one, else the conversation in the browser",
    "sound": "As the desktop does: its own settings say whether a notification sounds",
    "unread_thread_change": "New threads in channels and direct messages",
    "channel_mention": "Somebody mentions you; without this, a mention in a new thread comes with Unread threads",
    "thread_reply": "Somebody answers in a thread of yours",
    "direct_call_initiated": "Somebody calls you",
    "saved_message_remainder": "Telex reminds you of a message that you saved",
    "hours": "Nothing pops up; afterwards one notification says what has come",
    FROM: "Hours and minutes, as in 22:00",
    TO: "Hours and minutes, as in 07:00; the hours may go over midnight",
    "day": "The days on which quiet hours begin",
    "while_client_runs": "Quiet: nothing pops up while its window is the one that you work in",
    "organisation": "Mentions only: of this organisation you hear what mentions you, and direct messages. "
    "Nothing: it is not counted either",
}
"""Tooltips, by setting or control; where the words at the control are enough there is none."""
