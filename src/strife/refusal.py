"""What is raised when the user can mend the cause: the command line prints the message and exits with 2."""


class Refusal(Exception):
    """Unusable input or an impossible output. The message says what was found, expected, and what to do."""
