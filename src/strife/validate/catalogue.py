"""The rules, in the order in which they are checked: form before sense."""

from strife.finding import Rule

RULES: tuple[Rule, ...] = (
    Rule("DOC101", "doc-schema", "error", "A document is one JSON object of the documented shape."),
    Rule("DOC102", "doc-id-not-unique", "error", "A doc_id names one document."),
    Rule("DOC103", "empty-document", "error", "A document holds at least one annotation."),
    Rule("DOC108", "item-id-not-unique", "error", "An id names one mention or event of its document."),
    Rule("LSE101", "unknown-control", "error", "A region comes from a control of the labelling configuration."),
    Rule("LSE102", "region-without-offsets", "error", "A labelled region has whole-number offsets."),
    Rule("SPN201", "offset-out-of-range", "error", "A span is not empty and lies inside the text."),
    Rule("SPN202", "text-mismatch", "warning", "The stored text of a span is the text at its offsets."),
    Rule("SPN203", "boundary-blank", "error", "A span has no blank at an edge."),
    Rule("SPN204", "boundary-punctuation", "error", "A span has no stray punctuation at an edge."),
    Rule("SPN205", "inside-word", "warning", "A span does not cut a word."),
    Rule("SPN206", "crossing-spans", "error", "Two mentions do not cross."),
    Rule("SPN207", "identical-spans", "error", "Two mentions do not share one span."),
    Rule("SPN208", "nesting-not-allowed", "error", "A mention lies only in mentions that may hold it."),
    Rule("SPN209", "line-break", "error", "A span stays on one line."),
    Rule("SPN212", "mention-in-trigger", "error", "No mention lies inside a trigger."),
    Rule("ONT301", "unknown-label", "error", "A label is in the ontology."),
    Rule("ONT302", "attribute-invalid", "error", "An attribute fits its label and its value is allowed."),
    Rule("ONT303", "unknown-relation", "error", "A relation or role is in the ontology."),
    Rule("ONT304", "attribute-missing", "error", "A required attribute is given."),
    Rule("EVT403", "trigger-is-phrase", "warning", "A trigger is one word."),
    Rule("EVT404", "identical-triggers", "error", "A word is the trigger of one event."),
    Rule("ARG501", "role-not-allowed", "error", "An event takes only its type's roles."),
    Rule("ARG502", "argument-type", "error", "A role is filled by a type that may fill it."),
    Rule("ARG503", "required-role-missing", "error", "A required role is filled."),
    Rule("ARG504", "too-many-fillers", "error", "A role is filled no more often than it may be."),
    Rule("ARG505", "dangling-reference", "error", "An argument, relation or chain points at something that exists."),
    Rule("ARG506", "wrong-direction", "error", "An argument runs from the trigger to its filler."),
    Rule("ARG507", "duplicate-or-self-relation", "error", "A relation is stored once and joins two things."),
    Rule("REL551", "relation-ends", "error", "A relation joins types that it may join."),
    Rule("REL552", "relation-unlabelled", "error", "A relation has a label."),
)

BY_CODE = {rule.code: rule for rule in RULES}
