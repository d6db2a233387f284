"""Make a stand-off export of an annotated document whose text others own: the only form in which it is committed.

    python scripts/standoff_export.py annotated.jsonl about.toml --annotator 5 > corpus/standoff/NAME.json

The documents are JSON Lines with their texts; `about.toml` has a table for each doc_id with split, source, licence,
annotation, language and, if known, url and events. Chains are made as for gold. Nothing of the text is printed but
its length and its hashes.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path

import msgspec

from strife.chains import entity_chains, event_chains
from strife.ontology import load_ontology
from strife.release.standoff import stripped
from strife.store import read_documents


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("about", type=Path)
    parser.add_argument("--annotator", type=int, required=True)
    options = parser.parse_args()
    about = tomllib.loads(options.about.read_text(encoding="utf-8"))
    tasks = []
    for number, document in enumerate(read_documents(options.documents), 1):
        chains = (*entity_chains(document), *event_chains(document))
        whole = msgspec.structs.replace(document, chains=chains)
        task = stripped(whole, about[document.doc_id], load_ontology(), options.annotator)
        tasks.append(task | {"id": number})
    json.dump(tasks, sys.stdout, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
