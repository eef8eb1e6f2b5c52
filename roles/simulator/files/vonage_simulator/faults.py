# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault rules: which request goes wrong, and how."""

from __future__ import annotations

import math
import random
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .wire import Request, Response, text_response


class FaultError(ValueError):
    """A fault rule is not valid. The message says what to write instead."""


@dataclass(frozen=True)
class Delivery:
    """How an answer reaches the client. The HTTP server follows it to the letter.

    Args:
        response: what to send; None to send nothing at all.
        wait: real seconds before the first byte.
        body_wait: real seconds over which the body trickles.
        truncate: send half of the body, then drop the connection.
        close: drop the connection after the answer, without having announced it.
        stall: send nothing and keep the connection open until the client gives up.
    """

    response: Response | None
    wait: float = 0
    body_wait: float = 0
    truncate: bool = False
    close: bool = False
    stall: bool = False


@dataclass(frozen=True)
class _Action:
    """What an action does by default and which options it takes.

    Args:
        commits: whether the request is processed before the fault.
        options: the names of its own options.
    """

    commits: bool
    options: tuple[str, ...] = ()


ACTIONS: dict[str, _Action] = {
    "drop_before": _Action(False),
    "drop_after": _Action(True),
    "status_before": _Action(False, ("status", "shape", "headers")),
    "status_after": _Action(True, ("status", "shape", "headers")),
    "rate_limit": _Action(False, ("retry_after", "shape", "headers")),
    "slow": _Action(True, ("seconds",)),
    "slow_body": _Action(True, ("seconds",)),
    "stall": _Action(True, ("commit",)),
    "html_200": _Action(False, ("commit",)),
    "truncated": _Action(True),
    "wrong_content_type": _Action(True, ("content_type",)),
    "redirect": _Action(False, ("to", "status")),
    "close_keepalive": _Action(True),
}

_SHAPES = ("json", "legacy", "html", "text", "empty")
_PROXY_PAGE = "<html><head><title>Welcome</title></head><body>Please log in to use this network.</body></html>"


@dataclass
class FaultRule:
    """One fault rule.

    Args:
        action: one of ACTIONS.
        method: the verb it matches; None matches all.
        path: a regular expression searched in the path; None matches all.
        nth: the first matching request (counted from 1) at which it may fire.
        times: how often it fires at most; None is without limit.
        probability: the chance with which it fires; 1 is always.
        seed: makes the chance repeatable.
        status, shape, headers, retry_after, seconds, content_type, to, commit: options of the actions.
        id: its number, given when it is added.
        seen: how many requests matched it so far.
        fired: how often it fired so far.
    """

    action: str
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 0
    shape: str = "json"
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: Any = 1
    seconds: float = 1.0
    content_type: str = "text/plain"
    to: str = ""
    commit: bool = False
    id: int = 0
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._pattern = re.compile(self.path or "")

    def observe(self, request: Request) -> bool:
        """Count a request if it matches, and return whether the rule would fire at it."""
        if self.method not in (None, request.method) or not self._pattern.search(request.path):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.fired >= self.times):
            return False
        return self.probability >= 1 or self._chance.random() < self.probability

    def deliver(self, response: Response | None) -> Delivery:
        """Spoil an answer.

        Args:
            response: the API's answer, or None if the request was not processed.
        """
        if self.action == "stall":
            return Delivery(None, stall=True)
        replacement = self._replacement()
        if replacement is not None:
            return Delivery(replacement)
        if response is None or self.action == "drop_after":
            return Delivery(None)
        if self.action == "wrong_content_type":
            response.content_type = self.content_type
        return Delivery(
            response,
            wait=self.seconds if self.action == "slow" else 0,
            body_wait=self.seconds if self.action == "slow_body" else 0,
            truncate=self.action == "truncated",
            close=self.action == "close_keepalive",
        )

    def _replacement(self) -> Response | None:
        """Return the answer that takes the place of the API's, if this action has one."""
        if self.action in ("status_before", "status_after"):
            response = errors.fault(self.status, self.shape)
        elif self.action == "rate_limit":
            response = errors.rate_limited() if self.shape == "json" else errors.fault(429, self.shape)
            if self.retry_after is not None:
                response.headers["Retry-After"] = str(self.retry_after)
        elif self.action == "html_200":
            response = text_response(200, _PROXY_PAGE, "text/html")
        elif self.action == "redirect":
            response = Response(self.status, headers={"Location": self.to})
        else:
            return None
        response.headers.update(self.headers)
        return response

    def report(self) -> dict[str, Any]:
        """Describe the rule for the control path: what selects it, its own options and its counters."""
        shared = ("id", "action", "method", "path", "nth", "times", "probability", "seed", "seen", "fired")
        return {name: getattr(self, name) for name in (*shared, *ACTIONS[self.action].options)}


class FaultBook:
    """The rules in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._last_id = 0

    def add(self, data: Mapping[str, Any]) -> FaultRule:
        """Add a rule.

        Args:
            data: the fields of the rule, see FaultRule.

        Raises:
            FaultError: if the rule is not valid.
        """
        rule = read_rule(data)
        with self._lock:
            self._append(rule)
        return rule

    def replace(self, rules: Iterable[FaultRule]) -> None:
        """Put these rules in the place of all others."""
        with self._lock:
            self._rules.clear()
            for rule in rules:
                self._append(rule)

    def clear(self) -> int:
        """Remove all rules and return how many there were."""
        with self._lock:
            count = len(self._rules)
            self._rules.clear()
        return count

    def fire(self, request: Request) -> FaultRule | None:
        """Return the rule that spoils this request, or None. All matching rules count it; the oldest one wins."""
        with self._lock:
            firing = [rule for rule in self._rules if rule.observe(request)]
            if not firing:
                return None
            firing[0].fired += 1
            return firing[0]

    def report(self) -> list[dict[str, Any]]:
        """Describe all rules for the control path."""
        with self._lock:
            return [rule.report() for rule in self._rules]

    def _append(self, rule: FaultRule) -> None:
        self._last_id += 1
        rule.id = self._last_id
        self._rules.append(rule)


def read_rule(data: Mapping[str, Any]) -> FaultRule:
    """Build a rule, which no book holds yet.

    Args:
        data: the fields of the rule, see FaultRule.

    Raises:
        FaultError: if the rule is not valid.
    """
    action = data.get("action")
    if action not in ACTIONS:
        raise FaultError(f"action: {action!r} is not valid, use one of {', '.join(ACTIONS)}")
    options = ACTIONS[action].options
    allowed = ("action", "method", "path", "nth", "times", "probability", "seed", *options)
    for name, value in data.items():
        if name not in allowed:
            raise FaultError(f"{name}: unknown field for {action}, use some of {', '.join(allowed)}")
        _check_field(name, value)
    values = dict(data)
    # A rule of chance that fired only once would surprise; all others would surprise if they fired for ever.
    values.setdefault("times", None if "probability" in data else 1)
    values.setdefault("commit", ACTIONS[action].commits)
    values.setdefault("status", 302 if action == "redirect" else 503)
    if action == "redirect" and not values.get("to"):
        raise FaultError("to: is missing, write the URL that the redirect names")
    return FaultRule(**values)


def _check_field(name: str, value: Any) -> None:
    """Raise FaultError unless the value has the form that its field needs."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    whole = number and isinstance(value, int)
    good, advice = {
        "action": (True, ""),
        "method": (value is None or (isinstance(value, str) and value.isupper()), "a verb in upper case, or null"),
        "path": (value is None or _is_pattern(value), "a regular expression, or null"),
        "nth": (whole and value >= 1, "a whole number from 1"),
        "times": (value is None or (whole and value >= 1), "a whole number from 1, or null for no limit"),
        "probability": (number and 0 <= value <= 1, "a number from 0 to 1"),
        "seed": (whole, "a whole number"),
        "status": (whole and 200 <= value <= 599, "an HTTP status from 200 to 599"),
        "shape": (value in _SHAPES, "one of " + ", ".join(_SHAPES)),
        "headers": (isinstance(value, dict) and _one_line(*value, *value.values()), "an object of texts of one line"),
        "retry_after": (value is None or number or _one_line(value), "seconds, an HTTP date, or null for no header"),
        "seconds": (number and value >= 0, "a number of seconds from 0"),
        "content_type": (_one_line(value), "a text of one line"),
        "to": (_one_line(value), "a URL"),
        "commit": (isinstance(value, bool), "true or false"),
    }[name]
    if not good:
        raise FaultError(f"{name}: {value!r} is not valid, write {advice}")


def _one_line(*values: Any) -> bool:
    return all(isinstance(value, str) and value.isprintable() for value in values)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True
