"""No live secret is anywhere but with its bearer: not in the database, in errors, in metrics or in the log."""

import logging

import pytest
from sqlalchemy import MetaData, select
from starlette.testclient import TestClient
from tests.facade.rest.registry import API, Rest

PASSWORD = "a password of twenty-six letters"


def dump(rest: Rest) -> str:
    """Return every value of every table, as text."""
    texts = []
    with rest.services.access.database.snapshot() as tx:
        metadata = MetaData()
        metadata.reflect(tx.session.connection())
        for table in metadata.sorted_tables:
            for row in tx.session.execute(select(table)):
                texts += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(texts)


def test_no_live_secret_is_stored_logged_or_told(on_each_database: Rest, caplog: pytest.LogCaptureFixture) -> None:
    rest = on_each_database
    caplog.set_level(logging.DEBUG)
    rest.services.passwords.set(PASSWORD)
    browser = TestClient(rest.http.app, base_url="http://127.0.0.1")
    login = browser.post(f"{API}/login/local", json={"name": "admin", "password": PASSWORD})
    made = rest.http.post(f"{API}/tokens", json={"name": "laptop"}, headers={"Idempotency-Key": "once"}).json()["token"]
    secrets = [rest.token, made, PASSWORD, login.json()["csrf_token"], browser.cookies["modelkeep"]]
    told = [
        rest.http.get(f"{API}/whoami", headers={"Authorization": f"Bearer {made}x"}).text,
        rest.http.get(f"{API}/tokens").text,
        rest.http.get("/metrics").text,
        rest.http.get(f"{API}/audit/export").text,
        browser.post(f"{API}/login/local", json={"name": "admin", "password": PASSWORD, "x": 1}).text,
        rest.http.post(f"{API}/tokens/report-leak", json={"token": made}).text,
    ]
    seen = "\n".join([dump(rest), caplog.text, *told])
    assert "laptop" in seen
    assert not [number for number, secret in enumerate(secrets) if secret in seen]
