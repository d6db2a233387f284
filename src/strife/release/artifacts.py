"""What goes with the data: Croissant, CITATION.cff, and the generated sections of the datasheet and of the card."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from strife.datasheet import sections, with_section
from strife.model import Document
from strife.ontology import Ontology
from strife.release import measured, quotas
from strife.release.croissant import croissant
from strife.release.measured import COPYING, LEARNING
from strife.release.plots import plots
from strife.release.tables import tables

CROISSANT = "croissant.json"
CITATION = "CITATION.cff"
DATASHEET = "DATASHEET.md"
CARD = "corpus/card.md"
REPO = "{repo}"  # in the card: the name on the Hub, filled in when it is published


def metadata(manifest: Mapping[str, Any], columns: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, bytes]:
    """Croissant and citation, by their place. `about`: see `croissant`; the licence under `license` too."""
    return {CROISSANT: croissant(manifest, columns, about), CITATION: citation(manifest, about)}


def citation(manifest: Mapping[str, Any], about: Mapping[str, Any]) -> bytes:
    """CITATION.cff 1.2.0 of the dataset."""
    import yaml

    table = {
        "cff-version": "1.2.0",
        "message": "If you use this corpus, please cite this version of it.",
        "type": "dataset",
        "title": about["title"],
        "authors": [{"name": about["creator"]}],
        "version": manifest["version"],
        **({"date-released": about["released"]} if about.get("released") else {}),
        **({"url": about["url"]} if about.get("url") else {}),
        "license": about["license"],
        "abstract": about["description"],
        "keywords": list(about.get("keywords", [])),
    }
    text: str = yaml.safe_dump(table, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()


def beside(root: Path, documents: Mapping[str, Sequence[Document]], ontology: Ontology) -> dict[str, bytes]:
    """What a datasheet shows and quotes: plots of the gold documents by split, and the tables of what was measured."""
    if not (root / DATASHEET).is_file():
        return {}
    quoted = {name: (root / name).read_bytes() for name in (COPYING, LEARNING) if (root / name).is_file()}
    return plots(root, documents, ontology) | quoted


def pages(
    root: Path,
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    documents: Mapping[str, Sequence[Document]],
    ontology: Ontology,
) -> dict[str, bytes]:
    """The datasheet and the card of the project with their generated sections renewed; none that is not there.

    `files` are those of the dataset, `documents` its gold by split.
    """
    there = [name for name in (DATASHEET, CARD) if (root / name).is_file()]
    if not there:
        return {}
    generated = {**tables(files, list(documents)), "release": _release(manifest), "loading": _loading(manifest)}
    generated |= quotas.sections(documents, ontology) | measured.sections(root)
    found = {}
    for name in there:
        page = (root / name).read_text(encoding="utf-8")
        for section in sections(page):
            if section in generated:
                page = with_section(page, section, generated[section])
        found[name] = page.encode()
    return found


def _release(manifest: Mapping[str, Any]) -> str:
    """Version, hashes, and what was waived or taken out."""
    lines = [f"{manifest['name']} {manifest['version']}, ontology {manifest['ontology']}.", ""]
    lines += ["| config | rows | content (sha256) |", "|---|---|---|"]
    for config, entry in manifest["configs"].items():
        rows = sum(one["rows"] for one in entry["splits"].values())
        lines.append(f"| {config} | {rows} | `{entry['content_sha256']}` |")
    for title, entries in (
        ("Agreement gates that are waived:", [_waiver(one) for one in manifest.get("waivers", [])]),
        (
            "Documents taken out:",
            [f"- {o['doc_id']}, {o['date']}: {o['reason']}" for o in manifest.get("removals", [])],
        ),
    ):
        lines += ["", title, "", *entries] if entries else []
    return "\n".join(lines)


def _waiver(one: Mapping[str, str]) -> str:
    return f"- {one['gate']}: {one['reason']}"


def _loading(manifest: Mapping[str, Any]) -> str:
    """The snippets of the card, which a test runs."""
    version = f"v{manifest['version']}"
    return f'''```python
from datasets import load_dataset

data = load_dataset("{REPO}", revision="{version}")  # the default config, documents
labels = data["train"].features["entities"].feature["label"]
for document in data["validation"]:
    for entity in document["entities"]:
        print(document["doc_id"], labels.int2str(entity["label"]), entity["text"])

sentences = load_dataset("{REPO}", "entities", split="train", revision="{version}")
print(sentences.features["ner_tags"].feature.names)
```

Typed documents from the same Parquet, without `datasets` (`pip install 'strife[dataset]'`):

```python
import strife
from huggingface_hub import snapshot_download

folder = snapshot_download("{REPO}", repo_type="dataset", revision="{version}")
for document in strife.load(folder, split="validation"):
    print(document.doc_id, [document.surface(event) for event in document.events])
```'''
