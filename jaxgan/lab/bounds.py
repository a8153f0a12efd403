"""What a page may ask for, and how much of it: more is refused in a sentence before it costs."""

import base64
import contextlib
import json
import re

from jaxgan.core.errors import UserError, choose, within

SESSIONS = 8  # pages whose threads live
GAMES = 2  # of a page, side by side
MESSAGE = 2**16  # characters
PENDING = 32  # messages that wait
POINTS = (8, 2000)  # drawn by hand, at least and at most
REACH = 4.0  # of a drawn point's coordinates
TEXT = 64  # characters of a value
NAME = 256  # characters of a class or a direction, which may be the name of a folder
DEPTH, WIDTH = 4, 256  # hidden layers, and their units
ENTRIES = 16  # of several values
QUESTIONS = 8  # about a run that wait
BODY = 2**24  # bytes of one of them
UPLOAD = 60  # seconds until these have come
PIXELS = 2**25  # of a picture that is sent
SPEEDS = (1, 5, 20, 100, 500, 10_000)  # steps a second, at most

COMMANDS = ("set", "run", "pause", "step", "reset", "speed", "look")
NUMBERS = re.compile(r"[-+0-9.eE, ]*")


def read_message(text):
    """The message of a page, {"do": one of COMMANDS, ...}.

    Raises:
      UserError: too long, not JSON, not an object, or an unknown command.
    """
    if len(text) > MESSAGE:
        raise UserError(f"a message has {len(text)} characters; at most {MESSAGE} are read.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError("a message must be JSON.") from error
    if not isinstance(message, dict) or not isinstance(message.get("do"), str):
        raise UserError(f'a message must be an object with "do": one of {", ".join(COMMANDS)}.')
    choose(dict.fromkeys(COMMANDS), message["do"], "command of the page")
    return message


def read_games(message, controls):
    """The settings of the games, a list of {key: text}, and the points drawn by hand or None.

    Args:
      message: {"shared": {key: text}, "games": [{key: text}, ...], "points": [[x, y], ...]}; what
        is shared holds for every game.
      controls: {key: ``Control``}.

    Raises:
      UserError: another form, too many games or points, an unknown key, a value out of bounds.
    """
    shared, games = message.get("shared", {}), message.get("games")
    if not isinstance(games, list) or not 1 <= len(games) <= GAMES:
        raise UserError(f'"games" must be a list of 1 to {GAMES} settings.')
    for group in (shared, *games):
        if not isinstance(group, dict):
            raise UserError("a setting must be an object of keys and texts.")
        for key, text in group.items():
            check_value(key, text, choose(controls, key, "control"))
    settings = [{**game, **shared} for game in games]
    if any(setting.get("data") == "drawn" for setting in settings):
        return settings, read_points(message.get("points"))
    return settings, None


def check_value(key, text, control):
    """Raise ``UserError`` for a value that a control does not take."""
    if not isinstance(text, str) or len(text) > TEXT:
        raise UserError(f"{key} must be a text of at most {TEXT} characters.")
    if control.choices:
        choose(dict.fromkeys(control.choices), text, key)
    elif control.several:
        check_several(key, text, control)
    elif control.low is not None:
        number = read_number(text)
        if number is not None:  # what is no number at all, the config's own rules tell
            within(key, number, control.low, control.high)


def check_several(key, text, control):
    """As ``check_value``, of values with commas between."""
    if not NUMBERS.fullmatch(text):
        raise UserError(f"{key} is {text!r}; it must be numbers with commas between.")
    entries = [word for word in text.split(",") if word.strip()]
    if not 1 <= len(entries) <= control.several:
        raise UserError(f"{key} has {len(entries)} entries; it must have 1 to {control.several}.")
    for entry in entries:
        number = read_number(entry)
        if number is None:
            raise UserError(f"{key} is {text!r}; it must be numbers with commas between.")
        within(f"an entry of {key}", number, control.low, control.high)


def read_number(text):
    """A number, or None where the text is none."""
    for read in (int, float):
        with contextlib.suppress(ValueError):
            return read(text)
    return None


def read_points(points):
    """Points drawn by hand, a list of (x, y)."""
    least, most = POINTS
    if not isinstance(points, list) or not least <= len(points) <= most:
        count = len(points) if isinstance(points, list) else 0
        raise UserError(f"{count} points are drawn; draw {least} to {most}.")
    return [read_point(point) for point in points]


def read_point(point):
    """One of them."""
    number = (int, float)
    plain = isinstance(point, list) and [type(each) in number for each in point] == [True, True]
    if not plain or not all(abs(each) <= REACH for each in point):
        raise UserError(f"a point must be two numbers in [-{REACH:g}, {REACH:g}].")
    return tuple(map(float, point))


def choice_of(message, key, choices):
    """One of the choices that a message has under a key."""
    value = message.get(key)
    if isinstance(value, (dict, list)) or value not in choices:
        raise UserError(f"{key} must be one of {', '.join(map(str, choices))}.")
    return value


# Questions about a run.


def known(asked, names, what):
    """Raise ``UserError`` for a part of a question that it does not have."""
    for name in asked:
        choose(dict.fromkeys(names), name, f"part {what}")


def whole(asked, key, low, high):
    """A whole number in [low, high) of a question."""
    value = asked.get(key)
    if type(value) is not int:
        raise UserError(f"{key} must be a whole number.")
    within(key, value, low, high)
    return value


def text(asked, key):
    """A text of a question, or None where it has none."""
    value = asked.get(key)
    if value is not None and not (isinstance(value, str) and len(value) <= NAME):
        raise UserError(f"{key} must be a text of at most {NAME} characters.")
    return value


def group(asked, key):
    """An object within a question; an empty one where it has none."""
    value = asked.get(key, {})
    if not isinstance(value, dict):
        raise UserError(f"{key} must be an object.")
    return value


def numbers(asked, key, most, low, high):
    """At most ``most`` numbers in [low, high] of a question."""
    values = asked.get(key)
    plain = isinstance(values, list) and all(type(each) in (int, float) for each in values)
    if not plain or len(values) > most or not all(low <= each <= high for each in values):
        raise UserError(f"{key} must be at most {most} numbers in [{low:g}, {high:g}].")
    return values


def picture(asked, key):
    """The bytes of a picture of a question, "data:...;base64,..."; None where it has none."""
    value = asked.get(key)
    if value is None:
        return None
    head, _, body = value.partition(",") if isinstance(value, str) else ("", "", "")
    if not head.startswith("data:") or not head.endswith(";base64"):
        raise UserError(f"{key} must be a picture, as data:image/png;base64,...")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise UserError(f"{key} is no base64 ({error}).") from error
