"""The server by itself: pages, messages, who may ask."""

import asyncio
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("starlette", reason="the extra `lab` brings it")
pytest.importorskip("httpx2", reason="the extra `test` brings it")

from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from jaxgan.core.errors import UserError
from jaxgan.lab import bounds, command, server, session

HOME = "http://127.0.0.1:8000"
PLAY = "ws://127.0.0.1:8000/play"
PATIENCE = 240  # seconds; programs are compiled meanwhile
EARS = ThreadPoolExecutor()
TINY = {"generator.features": "8", "critic.features": "8", "batch_size": "16", "n_critic": "2"}


@pytest.fixture
def app():
    return server.application()


@pytest.fixture
def client(app):
    with TestClient(app, base_url=HOME) as client:
        yield client


def hear(page, kind):
    """The next message of a kind, {"kind": ..., ...}."""
    while True:
        message = EARS.submit(page.receive).result(PATIENCE)  # by itself it waits for ever
        if message.get("text") is not None:
            found = json.loads(message["text"])
        else:
            length = int.from_bytes(message["bytes"][:4], "little")
            found = json.loads(message["bytes"][4 : 4 + length])
        if found["kind"] == kind:
            return found


def ask(page, do, **more):
    page.send_text(json.dumps({"do": do, **more}))


def test_files(client):
    page = client.get("/")
    assert (
        page.status_code == 200 and "default-src 'self'" in page.headers["content-security-policy"]
    )
    assert "javascript" in client.get("/static/main.js").headers["content-type"]
    assert client.get("/static/../server.py").status_code == 404
    assert client.get("/static/%2e%2e/server.py").status_code == 404
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"host": "[::1]:8000"}).status_code == 200


def test_it_is_asked_for_under_the_name_that_it_listens_on():
    client = TestClient(server.application(["2001:db8::1"]))
    for host, code in (("[2001:db8::1]:8000", 200), ("[2001:db8::2]:8000", 400)):
        assert client.get("/", headers={"host": host}).status_code == code


def test_strangers_are_refused(client):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9", "http://["):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(PLAY, headers={"origin": origin}),
        ):
            pass
    with client.websocket_connect(PLAY, headers={"origin": HOME}) as page:
        assert hear(page, "hello")["games"] == bounds.GAMES


def test_too_many_pages(client, monkeypatch):
    monkeypatch.setattr(bounds, "SESSIONS", 1)
    with client.websocket_connect(PLAY), client.websocket_connect(PLAY) as second:
        assert hear(second, "error")["sentence"] == "1 pages are open already; close one first."
        with pytest.raises(WebSocketDisconnect):
            second.receive_text()


def test_a_closed_page_counts_until_its_thread_has_ended(app, client, monkeypatch):
    monkeypatch.setattr(bounds, "SESSIONS", 1)
    begun, done = threading.Event(), threading.Event()

    def compiled(config):
        begun.set()
        done.wait()
        raise UserError("nobody plays it.")

    monkeypatch.setattr(session, "LiveGame", compiled)
    with client.websocket_connect(PLAY) as page:
        ask(page, "set", games=[TINY])
        assert begun.wait(PATIENCE)
    with client.websocket_connect(PLAY) as page:
        assert "1 pages are open" in hear(page, "error")["sentence"]
    (closed,) = app.state.sessions
    done.set()
    closed._thread.join(PATIENCE)
    with client.websocket_connect(PLAY) as page:
        assert hear(page, "hello")


def test_pages_have_lives_of_their_own(app, client):
    with client.websocket_connect(PLAY) as first:
        with client.websocket_connect(PLAY) as second:
            for page in (first, second):
                ask(page, "set", games=[TINY])
                assert hear(page, "frame")["step"] == 0
            ask(second, "step", side="critic")
            assert hear(second, "frame")["step"] == 1
            ask(first, "run")
            while hear(first, "frame")["step"] < 20:
                pass
            ask(first, "set", games=[TINY | {"generator.optimizer.learning_rate": "1e-3"}])
            assert hear(first, "ready")["kept"] and hear(first, "frame")["step"] >= 20
            ask(first, "pause")
            while hear(first, "state")["running"]:
                pass
            ask(first, "reset")
            assert hear(first, "frame")["step"] == 0
            ask(second, "step", side="generator")
            assert hear(second, "frame")["step"] == 2
            ask(second, "run")
            playing = list(app.state.sessions)
            assert len(playing) == 2
        deadline = time.monotonic() + 60
        while sum(each.alive() for each in playing) > 1:
            assert time.monotonic() < deadline, "a closed page still trains"
            time.sleep(0.05)


def test_what_waits_is_replaced_by_the_next_of_its_kind_and_never_comes_before_its_world():
    async def told():
        outbox = server.Outbox(asyncio.get_running_loop())
        outbox.send("frames", "old A", "old B")
        outbox.send("distances", "of old")
        outbox.send(None, "ready")
        outbox.send(None, "world")
        outbox.send("frames", "new A", "new B")
        outbox.send("distances", "of new")
        return [each for _ in range(4) for each in await outbox.next()]

    assert asyncio.run(told()) == ["ready", "world", "new A", "new B", "of new"]


def test_a_page_that_takes_nothing_is_not_heard():
    async def fill():
        outbox = server.Outbox(asyncio.get_running_loop())
        for _ in range(bounds.PENDING):
            outbox.send(None, "ready")
            outbox.send("distances", "")
        await asyncio.sleep(0)
        outbox.check()

    with pytest.raises(UserError, match="more than 32 answers wait; take them first."):
        asyncio.run(fill())


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("hello", "a message must be JSON."),
        ('{"do": "run"}', None),
        ('{"do": "step", "side": "both"}', "there is no game yet; set one first."),
        ('{"do": "step", "side": {}}', "side must be one of both, critic, generator."),
        ('{"do": "speed", "value": 1e9}', "value must be one of 1, 5, 20, 100, 500, 10000."),
        ('{"do": "look", "average": "x"}', "average must be one of False, True."),
        ('{"do": "set", "games": [{"critic.features": "9999"}]}', "an entry of critic.features"),
        (
            '{"do": "set", "games": [{"penalties.consistency.weight": "1"}]}',
            "penalties.consistency compares dropout passes; set critic.dropout, as 0.5.",
        ),
    ],
)
def test_bad_messages_get_a_sentence_and_the_page_lives_on(client, sent, told):
    with client.websocket_connect(PLAY) as page:
        page.send_text(sent)
        if told:
            assert told in hear(page, "error")["sentence"]
        ask(page, "pause")
        assert hear(page, "state")["running"] is False


def test_the_extra(monkeypatch, mistake):
    for name in ("starlette", "websockets"):
        monkeypatch.setitem(sys.modules, name, None)
    told = "the lab needs starlette and websockets: pip install 'jaxgan[lab]'."
    assert mistake(command.main, []) == told
    assert "--port is 99999" in mistake(command.main, ["--port=99999"])
