"""The pages' files, and the questions of a run's page: one at a time, each bounded and answered."""

import asyncio
import json
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from jaxgan.core.errors import UserError, choose
from jaxgan.core.numbers import finite
from jaxgan.lab import bounds

STATIC = Path(__file__).parent / "static"
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
WRONG, STRANGE, TOO_MANY = 400, 403, 429  # codes of what is refused


def same_origin(headers):
    """Whether a page of this very server asks; a program that is no browser tells no origin."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # as of http://[, whose bracket is never closed
        return False


def page(name):
    """The endpoint of a file of ``STATIC``."""
    from starlette.responses import FileResponse

    async def answer(request):
        return FileResponse(STATIC / name, headers=HEADERS)

    return answer


def routes(run):
    """The routes of a run's page.

    Args:
      run: ``opened.Opened``.
    """
    import anyio
    from starlette.responses import FileResponse, JSONResponse
    from starlette.routing import Route

    one, waiting = asyncio.Lock(), []

    def told(code, **values):
        return JSONResponse(values, code, headers=HEADERS)

    async def what(request):
        return told(200, **finite(run.told()))

    async def picture(request):
        try:
            asked = [request.query_params.get(name, "") for name in ("member", "step")]
            return FileResponse(run.picture(*asked), headers=HEADERS)
        except UserError as error:
            return told(WRONG, sentence=str(error))

    async def ask(request):
        if not same_origin(request.headers):
            return told(STRANGE, sentence="a page of another origin asks.")
        if len(waiting) >= bounds.QUESTIONS:
            sentence = f"more than {bounds.QUESTIONS} questions wait; slow down."
            return told(TOO_MANY, sentence=sentence)
        waiting.append(request)
        try:
            question = choose(run.questions, request.path_params["question"], "question")
            asked = read(await body_of(request, bounds.BODY))
            async with one:
                work = partial(question, asked)
                # A server that is ended waits for no answer.
                return told(200, **await anyio.to_thread.run_sync(work, abandon_on_cancel=True))
        except UserError as error:  # of the user's; browsers would log a code of failure
            return told(200, sentence=str(error))
        finally:
            waiting.remove(request)

    return [
        Route("/run", page("run.html")),
        Route("/run/told", what),
        Route("/run/picture", picture),
        Route("/run/ask/{question}", ask, methods=["POST"]),
    ]


async def body_of(request, most):
    """The bytes of a request's body.

    Raises:
      UserError: more than ``most``, no more are read then; or they do not come to an end in time.
    """
    from starlette.requests import ClientDisconnect

    parts, size = [], 0
    try:
        async with asyncio.timeout(bounds.UPLOAD):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise UserError(f"what is sent has more than {most} bytes, which is the most.")
                parts.append(part)
    except TimeoutError as error:
        raise UserError(f"what is sent took longer than {bounds.UPLOAD} seconds.") from error
    except ClientDisconnect as error:
        raise UserError("whoever asked has left.") from error
    return b"".join(parts)


def read(body):
    """What is asked, an object of JSON.

    Raises:
      UserError: it is none.
    """
    try:
        asked = json.loads(body)
        json.dumps(asked, ensure_ascii=False).encode()  # no half of a surrogate pair
    except (ValueError, RecursionError) as error:
        raise UserError("a question must be JSON.") from error
    if not isinstance(asked, dict):
        raise UserError("a question must be an object.")
    return asked
