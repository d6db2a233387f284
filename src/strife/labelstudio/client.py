"""The only place that talks to a Label Studio server: what strife asks of it, in strife's own terms.

Every failure comes out as a ServerError that says what to do. The SDK is never allowed to repeat a request by itself:
the server may answer an import with an error and have created the tasks all the same, and a repetition would double
them.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from strife.refusal import Refusal

OLDEST, BEFORE = (1, 23), (2, 0)  # versions of the server: from, and up to but without
PAGE = 200  # tasks a listing asks for at once
SECONDS = 600.0  # that one answer may take: a snapshot of a large project is made while we wait

# The data manager's columns that are no data of the tasks, and those that it shows unless told otherwise.
_SHOWN = ("id", "completed_at", "total_annotations", "cancelled_annotations", "total_predictions", "annotators")
_COLUMNS = (
    *_SHOWN,
    "inner_id",
    "annotations_results",
    "annotations_ids",
    "predictions_score",
    "predictions_model_versions",
    "predictions_results",
    "file_upload",
    "storage_filename",
    "created_at",
    "updated_at",
    "updated_by",
    "avg_lead_time",
    "draft_exists",
)

TokenKind = Literal["legacy", "personal", "access", "odd"]


class ServerError(Refusal):
    """The server cannot be used, or refuses; the message says why and what to do."""


class Project(NamedTuple):
    """A project as the server holds it."""

    id: int
    title: str
    config: str
    instruction: str
    overlap: int
    model_version: str


class Stored(NamedTuple):
    """A task as the server holds it, without its annotations."""

    id: int
    data: dict[str, Any]
    model_versions: frozenset[str]  # of its predictions
    annotators: frozenset[int]


class Tab(NamedTuple):
    """A filtered list of tasks in the data manager."""

    id: int
    title: str


def token_kind(token: str) -> TokenKind:
    """What sort of token this is by its looks: legacy (40 hex digits), personal access token, or its access token."""
    parts = token.split(".")
    if len(parts) == 3:
        try:
            payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            kind = payload.get("token_type")
        except (binascii.Error, ValueError, AttributeError):
            return "odd"
        return "personal" if kind == "refresh" else "access" if kind == "access" else "odd"
    return "legacy" if re.fullmatch(r"[0-9a-f]{40}", token) else "odd"


def refused_token(token: str, reason: str) -> str:
    """What to tell about a token that the server refused."""
    where = "get another under Account & Settings of the server"
    if "legacy" in reason and "disabled" in reason:
        return f"this is a legacy token, and the server takes none ({reason}); use a personal access token: {where}"
    told = {
        "legacy": "it looks like a legacy token: of another server, or replaced since",
        "personal": "it is a personal access token: of another server, expired, or revoked",
        "access": "it is an access token, which lives five minutes; give the personal access token it was made from",
        "odd": "it is neither a legacy token (40 hex digits) nor a personal access token (three parts with dots)",
    }
    return f"the server refuses the token ({reason}): {told[token_kind(token)]}; {where}"


class Client:
    """A server that answers, under a token that it takes. Every method raises ServerError."""

    def __init__(self, url: str, token: str) -> None:
        """Connect; raises ServerError when nothing answers, the version is not supported, or the token is refused."""
        import httpx
        from label_studio_sdk import LabelStudio

        self.url = url.rstrip("/")
        self.token = token
        if token_kind(token) == "access":
            raise ServerError(f"{self.url}: {refused_token(token, 'not tried')}")
        self._http = httpx.Client(timeout=SECONDS, follow_redirects=True)
        try:
            self.version = self._version()
            with self._told("log in"):
                self._api = LabelStudio(
                    base_url=self.url, api_key=token, max_retries=0, timeout=SECONDS, httpx_client=self._http
                )
                self.me: int = _known(self._api.users.whoami().id)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection; a `with` block does it by itself."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _version(self) -> str:
        with self._told("ask for its version"):
            answer = self._http.get(f"{self.url}/api/version", timeout=30)
            try:
                release = str(answer.json()["release"])
                parts = tuple(int(part) for part in re.findall(r"\d+", release)[:2])
            except (ValueError, LookupError, TypeError) as error:
                found = f"it answered {answer.status_code} {answer.text[:60]!r} to /api/version"
                raise ServerError(f"{self.url}: no Label Studio ({found}); check the address") from error
        if not OLDEST <= parts < BEFORE:
            span = f"{'.'.join(map(str, OLDEST))} up to, but not, {'.'.join(map(str, BEFORE))}"
            raise ServerError(f"{self.url}: Label Studio {release}; strife works with {span}: install such a server")
        return release

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Turn what can go wrong with a request into a ServerError."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        try:
            yield
        except httpx.ConnectError as error:
            do = "start the server (`strife label-studio serve`) or check the address"
            raise ServerError(f"{self.url}: nothing answers ({error}); {do}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            found = f"{error or type(error).__name__}; run it again when the server is well"
            raise ServerError(f"{self.url}: could not {doing}: {found}") from error
        except ApiError as error:
            reason = _reason(error.body)
            if error.status_code == 401:
                raise ServerError(f"{self.url}: {refused_token(self.token, reason)}") from error
            if error.status_code == 403:
                raise ServerError(f"{self.url}: this user may not {doing} ({reason}); use another's token") from error
            raise ServerError(f"{self.url}: could not {doing}: {error.status_code} {reason}") from error
        except (AttributeError, LookupError, TypeError, ValueError) as error:  # what the SDK makes of odd answers
            found = f"it answered something else than expected ({error})"
            raise ServerError(f"{self.url}: could not {doing}: {found}; is this Label Studio itself?") from error

    def project(self, title: str) -> Project | None:
        """The project with exactly this title, or None. Raises ServerError when several have it."""
        with self._told(f"look for the project {title!r}"):
            found = [p for p in _once(self._api.projects.list(title=title, page_size=PAGE)) if p.title == title]
        if len(found) > 1:
            ids = ", ".join(str(p.id) for p in found)
            raise ServerError(f"{self.url}: projects {ids} are all called {title!r}; rename all but one")
        return _project(found[0]) if found else None

    def wanted_project(self, title: str) -> Project:
        """The project with exactly this title. Raises ServerError when there is none."""
        found = self.project(title)
        if found is None:
            with self._told("list the projects"):
                others = sorted(str(p.title) for p in _once(self._api.projects.list(page_size=PAGE)))
            known = f"; there are {', '.join(map(repr, others[:8]))}" if others else "; there is none at all"
            raise ServerError(f"{self.url}: no project is called {title!r}{known}")
        return found

    def create_project(self, title: str, **settings: Any) -> Project:
        """A new project."""
        with self._told(f"create the project {title!r}"):
            return _project(self._api.projects.create(title=title, **settings))

    def change_project(self, project: Project, **settings: Any) -> Project:
        """The project with other settings. The server refuses a configuration without labels that are in use."""
        with self._told(f"change the project {project.title!r}"):
            return _project(self._api.projects.update(project.id, **settings))

    def tasks(self, project: Project, work: bool = True) -> Iterator[Stored]:
        """All tasks of a project, page by page; without who has worked on them it takes half of the time."""
        include, fields = "id,data", "task_only"
        if work:
            include, fields = f"{include},predictions_model_versions,annotators", "all"
        with self._told(f"list the tasks of {project.title!r}"):
            pages = self._api.tasks.list(
                project=project.id, page_size=PAGE, include=include, fields=fields, resolve_uri=False
            )
            for task in _once(pages):
                versions = str(task.predictions_model_versions or "").split(",")
                people = (person if isinstance(person, int) else person["user_id"] for person in task.annotators or ())
                yield Stored(
                    _known(task.id),
                    dict(task.data or {}),
                    frozenset(version.strip() for version in versions if version.strip()),
                    frozenset(people),
                )

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Create tasks, with the predictions and annotations that they bring; how many the server counts."""
        with self._told(f"import tasks into {project.title!r}"):
            answer = self._api.projects.import_tasks(project.id, request=tasks)
            return int(answer.task_count or 0)

    def data(self, task: int) -> dict[str, Any] | None:
        """The data of a task; None when the task is gone."""
        with self._told(f"read task {task}"), _unless_gone():
            return dict(self._api.tasks.get(str(task)).data or {})
        return None

    def set_data(self, task: int, data: Mapping[str, Any]) -> bool:
        """Replace the data of a task; False when the task is gone."""
        with self._told(f"change task {task}"), _unless_gone():
            self._api.tasks.update(str(task), data=dict(data))
            return True
        return False

    def predict(self, task: int, prediction: Mapping[str, Any]) -> None:
        """Attach a prediction (model_version, score, result) to a task."""
        with self._told(f"attach a prediction to task {task}"):
            self._api.predictions.create(task=task, **prediction)

    def annotate(self, task: int, annotation: Mapping[str, Any]) -> None:
        """Submit an annotation (result, ...) of a task as the token's owner."""
        with self._told(f"annotate task {task}"):
            self._api.annotations.create(task, **annotation)

    def snapshot(self, project: Project, path: Path) -> None:
        """Write all tasks, with annotations and predictions whole, into a file as the server gives them."""
        from label_studio_sdk.types import SerializationOptionRequest, SerializationOptionsRequest

        options = SerializationOptionsRequest(
            annotations__completed_by=SerializationOptionRequest(only_id=True),
            predictions=SerializationOptionRequest(only_id=False),
            drafts=SerializationOptionRequest(only_id=True),
        )
        with self._told(f"take a snapshot of {project.title!r}"):
            made = self._api.projects.exports.create(project.id, title="strife", serialization_options=options)
            export = _known(made.id)
            try:
                with path.open("wb") as file:
                    for chunk in self._api.projects.exports.download(project.id, export):
                        file.write(chunk)
            finally:
                self._api.projects.exports.delete(project.id, export)

    def people(self) -> dict[int, str]:
        """The address of each user by id."""
        with self._told("list the users"):
            return {_known(user.id): str(user.email or "") for user in self._api.users.list()}

    def initials(self) -> dict[str, str]:
        """What the editor shows of each user, by id."""
        with self._told("list the users"):
            return {str(_known(user.id)): str(user.initials or "?").upper() for user in self._api.users.list()}

    def show_tab(self, project: Project, title: str, filled: str, shown: Collection[str], data: Iterable[str]) -> Tab:
        """Make, or renew, a tab of the tasks whose data `filled` is not empty, with the columns `shown` of all.

        `data` are the names in the tasks' data. A project's first tab takes the place of the one that it shows by
        itself, so a tab of all tasks is made before it.
        """
        columns = [f"data.{name}" for name in data] + list(_COLUMNS)
        rule = {"filter": f"filter:tasks:data.{filled}", "operator": "empty", "type": "String", "value": False}
        wanted = _tab(title, columns, shown) | {"filters": {"conjunction": "and", "items": [rule]}}
        with self._told(f"make the tab {title!r}"):
            views = list(self._api.views.list(project=project.id))
            if not views:
                everything = _tab("All tasks", columns, {*_SHOWN, *(f"data.{name}" for name in data)})
                self._api.views.create(project=project.id, data=everything)
            for view in views:
                if isinstance(view.data, dict) and view.data.get("title") == title:
                    self._api.views.update(str(view.id), project=project.id, data={**view.data, **wanted})
                    return Tab(_known(view.id), title)
            return Tab(_known(self._api.views.create(project=project.id, data=wanted).id), title)

    def link(self, project: Project, task: int | None = None, tab: Tab | None = None) -> str:
        """The address of a project, a task in its editor, or a tab, for a browser."""
        query = f"?task={task}" if task is not None else f"?tab={tab.id}" if tab is not None else ""
        return f"{self.url}/projects/{project.id}/data{query}"


@contextmanager
def _unless_gone() -> Iterator[None]:
    """End the block, and nothing else, when what it asks for is not there."""
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except ApiError as error:
        if error.status_code != 404:
            raise


def _tab(title: str, columns: Iterable[str], shown: Collection[str]) -> dict[str, Any]:
    """The settings of a tab in the data manager, which fills columns only where it is told what is hidden."""
    hidden = [f"tasks:{column}" for column in columns if column not in shown]
    return {"title": title, "hiddenColumns": {"explore": hidden, "labeling": hidden}}


def _project(found: Any) -> Project:
    return Project(
        _known(found.id),
        str(found.title or ""),
        str(found.label_config or ""),
        str(found.expert_instruction or ""),
        int(found.maximum_annotations or 1),
        str(found.model_version or ""),
    )


def _once(pages: Iterable[Any]) -> Iterator[Any]:
    """The items of a paged listing, each once: one may come again when others are deleted meanwhile.

    Raises ServerError when they come again and again, since the SDK would ask for ever.
    """
    seen: set[int] = set()
    again = 0
    for item in pages:
        if _known(item.id) not in seen:
            seen.add(item.id)
            yield item
        else:
            again += 1
            if again > PAGE:
                raise ServerError("the server gives the same page of a list again and again; is it well?")


def _known(number: Any) -> int:
    """An id that every answer has to have."""
    if not isinstance(number, int):
        raise ServerError(f"the server answered without an id ({number!r}); is something between it and you?")
    return number


def _reason(body: Any) -> str:
    """What the server says about an error, in a line."""
    if isinstance(body, dict):
        details = body.get("validation_errors") or body.get("detail") or body
        body = details if isinstance(details, str) else json.dumps(details, ensure_ascii=False)
    return re.sub(r"\s+", " ", str(body)).strip()[:400]
