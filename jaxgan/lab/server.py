"""The page's files and its WebSocket; every page has a ``Session`` of its own."""

import asyncio
import collections
import contextlib
import signal
import socket as sockets
import threading

from jaxgan.core import process
from jaxgan.core.errors import UserError
from jaxgan.lab import bounds, controls, frames, http, setting
from jaxgan.lab.http import STATIC, same_origin
from jaxgan.lab.lessons import LESSONS
from jaxgan.lab.session import Session

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
REFUSED, TOO_MANY = 1008, 1013  # codes with which a WebSocket is closed


class Outbox:
    """Messages on their way to a page, from the thread of its session to the loop of the server.

    What the page has not taken yet is replaced by the next of its kind, which waits anew: a frame
    comes after the world that it is of.
    """

    def __init__(self, loop):
        self._loop, self._filled = loop, asyncio.Event()
        self._waiting, self._number = collections.OrderedDict(), 0

    def send(self, kind, *messages):
        """Called by any thread; of kind None nothing is replaced."""
        with contextlib.suppress(RuntimeError):  # the server is gone
            self._loop.call_soon_threadsafe(self._put, kind, messages)

    def _put(self, kind, messages):
        self._number += 1
        key = kind or self._number
        self._waiting.pop(key, None)
        self._waiting[key] = messages
        self._filled.set()

    def check(self):
        """Raise ``UserError`` where the page does not take what it is told."""
        if len(self._waiting) > bounds.PENDING:
            raise UserError(f"more than {bounds.PENDING} answers wait; take them first.")

    async def next(self):
        """The messages that were sent at once and have waited the longest."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popitem(last=False)[1]


def in_address(host):
    """A host as an address has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def hello(run=None):
    """What a page is told first; ``run``: as ``application`` has it."""
    return frames.words(
        "hello",
        controls=controls.told(setting.base()),
        lessons=[lesson._asdict() for lesson in LESSONS],
        speeds=bounds.SPEEDS,
        points=bounds.POINTS,
        reach=bounds.REACH,
        games=bounds.GAMES,
        run=run and run.told()["name"],
    )


def application(hosts=(), run=None):
    """The ASGI application; ``state.sessions``: of pages that are open, or were a moment ago.

    Args:
      hosts: names, beside those of the loopback, under which it is asked for.
      run: ``opened.Opened``, which has a page of its own, or None.
    """
    import anyio
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route, WebSocketRoute
    from starlette.staticfiles import StaticFiles
    from starlette.websockets import WebSocketDisconnect

    async def hear(socket, session, outbox):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                outbox.check()
                session.take(bounds.read_message(message.get("text") or ""))
            except UserError as error:
                outbox.send("error", frames.words("error", sentence=str(error)))

    async def speak(socket, outbox):
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has closed meanwhile
            while True:
                for message in await outbox.next():
                    told = socket.send_bytes if isinstance(message, bytes) else socket.send_text
                    await told(message)

    async def play(socket):
        if not same_origin(socket.headers):
            await socket.close(REFUSED)  # before it is accepted: the browser sees a 403
            return
        await socket.accept()
        # A page that was closed while it compiled has its thread until then.
        sessions = app.state.sessions = [each for each in app.state.sessions if each.alive()]
        if len(sessions) >= bounds.SESSIONS:
            sentence = f"{bounds.SESSIONS} pages are open already; close one first."
            await socket.send_text(frames.words("error", sentence=sentence))
            await socket.close(TOO_MANY)
            return
        outbox = Outbox(asyncio.get_running_loop())
        session = Session(outbox.send)
        sessions.append(session)
        outbox.send(None, app.state.hello)
        try:
            async with anyio.create_task_group() as both:
                both.start_soon(speak, socket, outbox)
                await hear(socket, session, outbox)
                both.cancel_scope.cancel()
        finally:
            session.close()

    routes = [
        Route("/", http.page("index.html")),
        WebSocketRoute("/play", play),
        Mount("/static", StaticFiles(directory=STATIC)),
        *(http.routes(run) if run else ()),
    ]
    allowed = Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *map(in_address, hosts)])
    app = Starlette(routes=routes, middleware=[allowed])
    app.state.sessions = []
    app.state.hello = hello(run)
    return app


def serve(app, host, port, started=lambda address: None):
    """Serve until a signal comes.

    Args:
      app: from ``application``.
      host, port: where; port 0: any that is free.
      started: called with the address, once it is served.
    """
    import uvicorn

    try:
        listening = sockets.create_server(
            (host, port), family=sockets.AF_INET6 if ":" in host else sockets.AF_INET
        )
    except OSError as error:
        raise UserError(
            f"--host={host} --port={port} cannot be listened on ({error.strerror or error}); "
            "try another port, as --port=0."
        ) from error
    with listening:
        options = uvicorn.Config(
            app,
            ws_max_size=4 * bounds.MESSAGE,
            log_level="warning",
            use_colors=False,
            timeout_graceful_shutdown=1,
            lifespan="off",
        )
        server = uvicorn.Server(options)

        def leave(number, frame):
            server.should_exit = True

        # In a thread of its own the server leaves the signals to the command.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        for number in process.signals():
            signal.signal(number, leave)
        thread.start()
        started(f"http://{in_address(host)}:{listening.getsockname()[1]}/")
        thread.join()
