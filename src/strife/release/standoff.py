"""Stand-off: annotation of a text that others own, released without it.

A row of the config `standoff` has offsets, labels and attributes, the address of the text, a note on its licence, its
length and its hashes, and no word of it. The hashes of its blocks tell where a text of one's own differs.
"""

from collections.abc import Mapping
from typing import Any

from strife.loading import given
from strife.model import Argument, Chain, Document, Entity, Event, Relation, Trigger

STANDOFF = "standoff"


def bare_document(row: Mapping[str, Any]) -> Document:
    """The document in a row of the config `standoff`, labels as names; its text is empty, its hash stands in `meta`."""
    return Document(
        doc_id=row["doc_id"],
        text="",
        entities=tuple(Entity(e["id"], e["start"], e["end"], e["label"], given(e)) for e in row["entities"]),
        events=tuple(
            Event(
                e["id"],
                e["type"],
                Trigger(e["trigger"]["start"], e["trigger"]["end"]),
                tuple(Argument(a["role"], a["entity_id"], a["event_id"]) for a in e["arguments"]),
                given(e),
            )
            for e in row["events"]
        ),
        relations=tuple(Relation(r["head"], r["tail"], r["label"]) for r in row["relations"]),
        chains=tuple(Chain(c["id"], c["kind"], tuple(c["members"])) for c in row["chains"]),
        published=row["published"].isoformat() if row["published"] else None,
        annotators=tuple(row["annotators"]),
        meta={key: row[key] for key in ("language", "text_sha256", "url") if row[key] is not None},
    )
