"""Words that a corpus stores beside its offsets. Offsets outrank them; where they differ, both are kept."""

from strife.validate.form import QUOTE


def quoted(text: str, start: int, end: int, stored: str) -> dict[str, str]:
    """{} when the stored words are those at the offsets, else the attribute that keeps them (see rule SPN202)."""
    return {} if text[start:end] == stored else {QUOTE: stored}
