"""Run by itself, with any version of `datasets`: open a dataset in every way that users do, and print what came.

python loading_check.py FOLDER  ->  one JSON object
"""

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    import datasets
    from datasets import get_dataset_config_names, load_dataset

    datasets.disable_progress_bars()
    folder = str(Path(sys.argv[1]).resolve())
    manifest = json.loads((Path(folder) / "corpus" / "MANIFEST.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = {"datasets": datasets.__version__, "configs": get_dataset_config_names(folder)}
    for config in found["configs"]:
        data = load_dataset(folder, config, verification_mode="all_checks")
        streamed = load_dataset(folder, config, streaming=True)
        some = load_dataset(folder, config, columns=["doc_id"])
        assert list(data) == list(streamed) == list(some) == list(manifest["configs"][config]["splits"])
        for split, part in data.items():
            rows = list(part)
            assert rows == list(streamed[split]), (config, split)
            assert part.to_polars().height == len(part.to_pandas()) == len(rows)
            assert some[split].column_names == ["doc_id"]
            assert list(some[split]["doc_id"]) == [row["doc_id"] for row in rows] == list(part.to_pandas()["doc_id"])
            found[f"{config}/{split}"] = len(rows)
    documents = load_dataset(folder, split="train")
    labels = documents.features["entities"]
    labels = (labels[0] if isinstance(labels, list) else labels.feature)["label"]
    found["first"] = [documents[0]["doc_id"], labels.int2str(documents[0]["entities"][0]["label"])]
    found["train"] = [row["doc_id"] for row in documents]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
