"""The rules, read from rules.toml, and the choice among them."""

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from strife.finding import Rule
from strife.refusal import Refusal

_TABLE = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))

LEVELS: dict[int, str] = {int(number): name for number, name in _TABLE["levels"].items()}
RULES: tuple[Rule, ...] = tuple(msgspec.convert({"code": code, **rule}, Rule) for code, rule in _TABLE["rules"].items())
BY_CODE = {rule.code: rule for rule in RULES}


class UnknownRule(Refusal, ValueError):
    """A code or the beginning of one that no rule has."""


def chosen(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> frozenset[str]:
    """The codes that begin with one of `select` (all, if empty) and with none of `ignore`.

    Raises UnknownRule for a word with which no code begins.
    """
    select, ignore = tuple(select), tuple(ignore)
    for word in (*select, *ignore):
        if not word or not any(code.startswith(word) for code in BY_CODE):
            near = difflib.get_close_matches(word, BY_CODE, n=1)
            hint = f"did you mean {near[0]}?" if near else "see `strife rule`"
            raise UnknownRule(f"no rule begins with {word!r}; {hint}")
    return frozenset(
        code for code in BY_CODE if (not select or code.startswith(select)) and not (ignore and code.startswith(ignore))
    )


def page(rule: Rule) -> str:
    """A rule as a page of Markdown."""
    fix = "`strife validate --fix` mends it." if rule.fix == "safe" else "A person has to mend it."
    return (
        f"### {rule.code} {rule.slug}\n\n"
        f"**{rule.title}** ({rule.severity}, level {rule.level}: {LEVELS[rule.level]})\n\n"
        f"{rule.why}\n\n"
        f"- wrong: {rule.wrong}\n- right: {rule.right}\n\n{fix}\n"
    )


def pages() -> str:
    """All rules as one document of Markdown."""
    lines = ["# Rules", "", "<!-- Generated from the rules by `strife rule --all`; do not edit. -->", ""]
    lines += ["| code | severity | fix | what has to hold |", "|---|---|---|---|"]
    lines += [f"| {r.code} {r.slug} | {r.severity} | {r.fix if r.fix == 'safe' else ''} | {r.title} |" for r in RULES]
    for level, name in LEVELS.items():
        lines += ["", f"## Level {level}: {name}", ""]
        lines.append("\n".join(page(rule) for rule in RULES if rule.level == level))
    return "\n".join(lines)
