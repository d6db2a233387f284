"""Annotators on the tests' server: accounts made through the invitation page, as people make theirs."""

from typing import NamedTuple

from strife.labelstudio.client import Client
from strife.labelstudio.server import Studio

PASSWORD = "a-password-on-loopback-1"


class Person(NamedTuple):
    """An annotator: how to log in, and a connection in their name."""

    email: str
    password: str
    token: str
    client: Client


def sign_up(studio: Studio, name: str) -> Person:
    """An account with a legacy token."""
    import httpx

    email = f"{name}@example.org"
    invite = httpx.get(f"{studio.url}/api/invite", headers={"Authorization": f"Token {studio.token}"})
    with httpx.Client(base_url=studio.url, follow_redirects=True) as session:
        for page in (invite.json()["invite_url"], "/user/login/"):
            session.get(page)
            form = {"csrfmiddlewaretoken": session.cookies["csrftoken"], "email": email, "password": PASSWORD}
            session.post(page, data=form, headers={"Referer": studio.url})
            answer = session.get("/api/current-user/token")
            if answer.status_code == 200:
                token = answer.json()["token"]
                return Person(email, PASSWORD, token, Client(studio.url, token))
    raise AssertionError(f"{name} could neither sign up nor log in")
