"""Publishing a release on the Hub: one commit and a tag, shown before it is done, and never a tag that moves.

The only file that imports huggingface_hub; the address comes from HF_ENDPOINT, the token from HF_TOKEN or from
`hf auth login`. Every step asks first what is there already, so a publication that broke off is finished by the same
command.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from strife.refusal import Refusal
from strife.release.artifacts import CARD, CITATION, CROISSANT, DATASHEET, REPO
from strife.release.manifest import MANIFEST, Manifest
from strife.release.verify import verify

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_OURS = ("README.md", "LICENSE", "CHANGELOG.md", DATASHEET, CITATION, CROISSANT)  # and all under corpus/


class PublishError(Refusal, OSError):
    """The release could not be published; the message says what the Hub holds now and what to do."""


class Plan(NamedTuple):
    """What publishing would do: files to add, change and delete on the main branch, and the tag to make."""

    repo: str
    tag: str
    head: str | None  # the newest commit on main; None without a repository
    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    tagged: bool  # the tag is there, with just these files

    @property
    def nothing(self) -> bool:
        """Is all there already?"""
        return self.tagged

    def as_text(self) -> str:
        """A line for each file, and what follows."""
        if self.tagged:
            return f"{self.repo}: {self.tag} is published as it is here; nothing to do"
        new = [] if self.head else [f"create the dataset repository {self.repo}"]
        files = [f"{verb} {name}" for verb, names in self._verbs() for name in names]
        return "\n".join([*new, *(files or ["no file changes"]), f"tag {self.tag}"])

    def _verbs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("add", self.added), ("change", self.changed), ("delete", self.deleted)


def publish(root: Path, repo: str, push: bool = False, create: bool = False, api: "HfApi | None" = None) -> Plan:
    """Say what publishing the dataset at `root` as `repo` would do, and do it when `push` is set.

    `create` allows to make the repository. Raises PublishError for a copy that differs from its manifest, a tag that
    is there with other files, a token that is refused, a commit by somebody else in between, a broken connection.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = api or HfApi()
    files, manifest = contents(root, repo)
    tag = f"v{manifest.version}"
    with _told(repo):
        plan = _plan(api, repo, tag, files)
        if not push or plan.nothing:
            return plan
        if plan.head is None:
            if not create:
                raise PublishError(f"{repo}: no such dataset, or the token may not see it; --create makes it")
            api.create_repo(repo, repo_type="dataset", exist_ok=True)
            plan = _plan(api, repo, tag, files)
        head = plan.head
        if plan.added or plan.changed or plan.deleted:
            operations: list[Any] = [CommitOperationAdd(name, files[name]) for name in (*plan.added, *plan.changed)]
            operations += [CommitOperationDelete(name) for name in plan.deleted]
            message = f"{manifest.name} {manifest.version}"
            head = api.create_commit(
                repo, operations, commit_message=message, repo_type="dataset", parent_commit=plan.head
            ).oid
        api.create_tag(repo, tag=tag, revision=head, repo_type="dataset", tag_message=f"corpus {manifest.version}")
    return plan


def contents(root: Path, repo: str) -> tuple[dict[str, bytes], Manifest]:
    """The files of a release as they lie on the Hub, by their place there. Raises PublishError, ManifestError."""
    verified = verify(root)
    if verified.problems:
        some = "\n".join(map(str, verified.problems[:10]))
        raise PublishError(f"{root.resolve()} differs from its manifest; publish what was released:\n{some}")
    manifest = verified.manifest
    names = [MANIFEST, *manifest.files, *(one.file for e in manifest.configs.values() for one in e.splits.values())]
    places = {name: root / name for name in [*names, DATASHEET, "CHANGELOG.md"]}
    places["LICENSE"] = root / "corpus" / "LICENSE"
    try:
        files = {name: path.read_bytes() for name, path in places.items()}
        head = (root / "README.md").read_text(encoding="utf-8").split("\n---\n")[0]
        card = (root / CARD).read_text(encoding="utf-8").replace(REPO, repo)
    except OSError as error:
        raise PublishError(f"{error.filename}: cannot be read ({error.strerror}); it belongs to a release") from error
    return files | {"README.md": f"{head}\n---\n{card}".encode()}, manifest


def _plan(api: "HfApi", repo: str, tag: str, files: Mapping[str, bytes]) -> Plan:
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    try:
        head = api.repo_info(repo, repo_type="dataset", revision="main").sha
        there = _tree(api, repo, "main")
        refs = api.list_repo_refs(repo, repo_type="dataset")
    except RepositoryNotFoundError:
        return Plan(repo, tag, None, tuple(sorted(files)), (), (), False)
    except RevisionNotFoundError as error:
        raise PublishError(f"{repo}: has no branch main; make one first") from error
    if tag in [ref.name for ref in refs.tags]:
        differing = _differing(files, _tree(api, repo, tag))
        if any(differing):
            names = ", ".join(sorted(name for some in differing for name in some)[:5])
            do = "a tag is never moved: release another version"
            raise PublishError(f"{repo}: the tag {tag} exists and holds other files ({names}); {do}")
        return Plan(repo, tag, head, (), (), (), True)
    return Plan(repo, tag, head, *_differing(files, there), False)


Hashes = dict[str, tuple[str, str | None]]


def _tree(api: "HfApi", repo: str, revision: str) -> Hashes:
    """By file, the hash that git gave it, and the sha256 when it lies in large file storage."""
    from huggingface_hub.hf_api import RepoFile

    tree = api.list_repo_tree(repo, recursive=True, revision=revision, repo_type="dataset")
    return {one.path: (one.blob_id, one.lfs.sha256 if one.lfs else None) for one in tree if isinstance(one, RepoFile)}


def _differing(files: Mapping[str, bytes], there: Hashes) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Files to add, to change and to delete; of what lies there, only what a release owns is deleted."""
    added = tuple(sorted(files.keys() - there.keys()))
    changed = tuple(sorted(name for name in files.keys() & there.keys() if not _same(files[name], *there[name])))
    ours = {name for name in there if name.startswith("corpus/") or name in _OURS}
    return added, changed, tuple(sorted(ours - files.keys()))


def _same(content: bytes, blob: str, sha256: str | None) -> bool:
    if sha256 is not None:
        return hashlib.sha256(content).hexdigest() == sha256
    return hashlib.sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest() == blob


@contextmanager
def _told(repo: str) -> Iterator[None]:
    """Turn what the library raises into one message that says what to do."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled

    again = "run the same command again: it goes on where it stopped"
    try:
        yield
    except PublishError:
        raise
    except HFValidationError as error:
        raise PublishError(f"{repo}: no name of a repository; expected one like owner/name") from error
    except LocalTokenNotFoundError as error:
        raise PublishError(f"{repo}: no token; set HF_TOKEN, or run `hf auth login`") from error
    except OfflineModeIsEnabled as error:
        raise PublishError(f"{repo}: HF_HUB_OFFLINE is set; unset it to publish") from error
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            do = "take one that may write there (HF_TOKEN, or `hf auth login`)"
            raise PublishError(f"{repo}: the Hub refuses the token ({status}); {do}; nothing was published") from error
        if status in (409, 412):
            raise PublishError(
                f"{repo}: somebody else pushed in between ({status}); look at it, then {again}"
            ) from error
        raise PublishError(f"{repo}: the Hub answers {status} ({_line(error)}); {again}") from error
    except RuntimeError as error:  # so a failed upload of a large file is told
        raise PublishError(f"{repo}: {_line(error)}; {again}") from error
    except _below(HfHubHTTPError) as error:  # no answer at all
        raise PublishError(f"{repo}: the connection broke ({_line(error)}); {again}") from error


def _below(error: type[Exception]) -> tuple[type[Exception], ...]:
    """The errors of the library that the Hub's client sends requests with, whichever it is."""
    return tuple(base for base in error.__bases__ if issubclass(base, Exception))


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
