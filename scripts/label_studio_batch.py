"""Store passes of annotation notes in a running Label Studio server and export them as the server writes them.

    python scripts/label_studio_batch.py --url http://127.0.0.1:8080 --admin-token TOKEN --title "batch 1" \
        --notes pass-a:notes/a --notes pass-b:notes/b --out annotation/exports/batch-001.json

Each pass becomes a user of its own, logs in, and submits its annotations itself; then a snapshot of all tasks is
taken. Notes are one file a document, DOC_ID.notes (see annotation_notes.py). Users are named by the pass; their
invented addresses stay on the server: the script refuses to write an export that holds one.
Needs the extra `label-studio` and a server of version 1.23.
"""

import argparse
import re
import sys
from pathlib import Path

import httpx
from label_studio_sdk import LabelStudio

from annotation_notes import read_notes
from strife.articles import read_articles
from strife.labelstudio.tasks import results, task
from strife.ontology import load_ontology
from strife.ontology_views import label_config
from strife.store import write_whole

ROOT = Path(__file__).parents[1]
PASSWORD = "a-local-password-1"  # of accounts that exist only on the maintainer's own loopback server


def sign_up(url: str, admin_token: str, name: str) -> LabelStudio:
    """A client that acts as the user of this pass, who is created if need be."""
    email = f"{name}@example.com"
    invite = httpx.get(f"{url}/api/invite", headers={"Authorization": f"Token {admin_token}"}).json()["invite_url"]
    with httpx.Client(base_url=url, follow_redirects=True) as session:
        for page in (invite, "/user/login/"):
            session.get(page)
            form = {"csrfmiddlewaretoken": session.cookies["csrftoken"], "email": email, "password": PASSWORD}
            session.post(page, data=form, headers={"Referer": url})
            answer = session.get("/api/current-user/token")
            if answer.status_code == 200:
                return LabelStudio(base_url=url, api_key=answer.json()["token"])
    sys.exit(f"{name}: could neither sign up nor log in at {url}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--admin-token", required=True)
    parser.add_argument("--title", required=True)
    parser.add_argument("--notes", action="append", required=True, metavar="PASS:FOLDER")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    ontology = load_ontology()
    articles = read_articles(ROOT / "corpus" / "articles")
    admin = LabelStudio(base_url=options.url, api_key=options.admin_token)
    project = admin.projects.create(
        title=options.title, label_config=label_config(ontology), maximum_annotations=len(options.notes)
    )
    passes = {name: Path(folder) for name, folder in (one.split(":", 1) for one in options.notes)}
    wanted = [d for d in articles.values() if all((f / f"{d.doc_id}.notes").is_file() for f in passes.values())]
    admin.projects.import_tasks(id=project.id, request=[task(document) for document in wanted])
    ids = {one.data["doc_id"]: one.id for one in admin.tasks.list(project=project.id)}
    for name, folder in passes.items():
        annotator = sign_up(options.url, options.admin_token, name)
        for document in wanted:
            notes = (folder / f"{document.doc_id}.notes").read_text(encoding="utf-8")
            annotated, faults = read_notes(document, notes, ontology)
            if faults:
                sys.exit(f"{folder}/{document.doc_id}.notes: " + "; ".join(faults))
            annotator.annotations.create(id=ids[document.doc_id], result=results(annotated, ontology))
        print(f"{name}: {len(wanted)} annotations submitted")
    snapshot = admin.projects.exports.create(project.id, title=options.title)
    content = b"".join(admin.projects.exports.download(project.id, snapshot.id))
    if match := re.search(rb"[\w.+-]+@[\w-]+\.\w+", content):
        sys.exit(f"the export holds an address ({match[0].decode()}); nothing was written")
    write_whole({options.out: content})
    print(f"{options.out}: {len(content)} bytes")


if __name__ == "__main__":
    main()
