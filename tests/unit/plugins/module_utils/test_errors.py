# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import html
import json
import shlex
import typing as t
import unicodedata
from decimal import Decimal
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.community.vonage.plugins.module_utils._api.error_body import parse_error
from ansible_collections.community.vonage.plugins.module_utils._api.errors import (
    ErrorInfo,
    NotSent,
    Refused,
    UnknownOutcome,
)
from ansible_collections.community.vonage.plugins.module_utils._api.parsing import is_legacy_error, parse_json
from ansible_collections.community.vonage.plugins.module_utils._api.redaction import Redactor

ERROR_KEYS = {
    "status",
    "code",
    "title",
    "detail",
    "instance",
    "request_id",
    "method",
    "path",
    "invalid_parameters",
    "outcome",
}


def parsed(
    status: int, body: t.Any, headers: dict[str, str] | None = None, redact: t.Callable[[str], str] = str
) -> dict[str, t.Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    info, from_vonage = parse_error(status, headers or {}, text, redact)
    return {**info._asdict(), "from_vonage": from_vonage}


# -- the five shapes ---------------------------------------------------------------------------------------------------

E1 = {
    "type": "https://developer.nexmo.com/api-errors/account/secret-management#validation",
    "title": "Bad Request",
    "detail": "The request failed due to validation errors",
    "instance": "ae5e528e536b470584792a1e918a3563",
    "invalid_parameters": [{"name": "secret", "reason": "Does not meet complexity requirements"}],
}
ZEROED = {
    "max-outbound-request": 0,
    "max-inbound-request": 0,
    "max-calls-per-second": 0,
    "error-code": "420",
    "error-code-label": "API key is required",
}
HTML = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n</html>"


@pytest.mark.parametrize(
    ("status", "body", "code", "title", "detail", "from_vonage"),
    [
        pytest.param(400, E1, "validation", E1["title"], E1["detail"], True, id="problem-json"),
        pytest.param(
            500, {"type": "x#internal-error", "title": "Oops"}, "internal-error", "Oops", None, True, id="bare"
        ),
        pytest.param(
            401,
            {"error-code": "401", "error-code-label": "authentication failed"},
            "401",
            "authentication failed",
            None,
            True,
            id="legacy",
        ),
        pytest.param(420, ZEROED, "420", "API key is required", None, True, id="legacy-among-zeroed-settings"),
        pytest.param(
            401,
            {"currency": "EUR", "code": "401", "error-code-label": "authentication failed"},
            "401",
            "authentication failed",
            None,
            True,
            id="legacy-with-code",
        ),
        pytest.param(200, {"error-code": 420}, "420", "OK", None, True, id="legacy-as-a-number-without-a-label"),
        pytest.param(
            400,
            {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": {"trx": "Is required."}},
            None,
            "Bad Request",
            None,
            True,
            id="bad-request",
        ),
        pytest.param(500, {"description": "It broke"}, None, "It broke", None, True, id="description"),
        pytest.param(
            403, "RBAC: access denied", None, "Forbidden", "RBAC: access denied", False, id="text-of-the-gateway"
        ),
        pytest.param(
            503,
            HTML,
            None,
            "Service Unavailable",
            "<html> <head><title>503 Service Temporarily Unavailable</title></head> </html>",
            False,
            id="html",
        ),
        pytest.param(502, "", None, "Bad Gateway", None, False, id="empty"),
        pytest.param(502, " \r\n ", None, "Bad Gateway", None, False, id="blank"),
        pytest.param(420, "", None, "unexpected status", None, False, id="empty-with-an-unregistered-status"),
        pytest.param(400, '["no", "object"]', None, "Bad Request", '["no", "object"]', False, id="json-array"),
        pytest.param(401, '"denied"', None, "Unauthorized", '"denied"', False, id="json-string"),
        pytest.param(401, {"message": "denied"}, None, "Unauthorized", None, False, id="json-of-somebody-else"),
        pytest.param(400, {"title": None, "detail": 7}, None, "Bad Request", "7", False, id="values-of-other-types"),
        pytest.param(400, {"title": True, "type": 5}, None, "Bad Request", None, False, id="more-of-other-types"),
        pytest.param(400, {"title": "", "error_title": "Bad"}, None, "Bad", None, True, id="empty-title"),
        pytest.param(500, '{"title": "cut', None, "Internal Server Error", '{"title": "cut', False, id="truncated"),
    ],
)
def test_shapes_of_errors(
    status: int, body: t.Any, code: str | None, title: str, detail: str | None, from_vonage: bool
) -> None:
    found = parsed(status, body)
    assert (found["status"], found["code"], found["title"], found["detail"]) == (status, code, title, detail)
    assert found["from_vonage"] is from_vonage


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("https://developer.nexmo.com/api-errors#unathorized", "unathorized"),
        ("https://developer.vonage.com/api-errors/#throttled", "throttled"),
        ("https://developer.nexmo.com/api-errors/account/secret-management#delete-last-secret", "delete-last-secret"),
        ("https://developer.vonage.com/en/api-errors#Invalid-API-Key", "invalid-api-key"),
        ("#never-heard-of", "never-heard-of"),
        ("a#b#c", "c"),
        ("https://developer.nexmo.com/api-errors", None),
        ("https://developer.nexmo.com/api-errors#", None),
    ],
)
def test_the_code_is_the_fragment_as_it_is_spelt(kind: str, code: str | None) -> None:
    assert parsed(400, {"type": kind, "title": "x"})["code"] == code


def test_the_code_comes_from_the_fragment_first() -> None:
    assert parsed(400, {"type": "x#one", "error-code": "2", "code": "3"})["code"] == "one"
    assert parsed(400, {"error-code": "2", "code": "3"})["code"] == "2"
    assert parsed(400, {"code": "3"})["code"] == "3"


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "application/xml", "", "application/problem+json"])
def test_the_content_type_does_not_matter(content_type: str) -> None:
    assert parsed(400, E1, {"Content-Type": content_type})["code"] == "validation"


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        ([{"name": "secret", "reason": "too weak"}], [("secret", "too weak")]),
        ([{"name": "a", "reason": "b"}, {"name": "c"}, {"reason": "d"}], [("a", "b"), ("c", ""), ("", "d")]),
        ({"trx": "Is required."}, [("trx", "Is required.")]),
        ({"a": "b", "c": "d"}, [("a", "b"), ("c", "d")]),
        ({"parameter": "country", "message": "Is required"}, [("country", "Is required")]),
        ({"parameter": "country"}, [("country", "")]),
        (["secret"], []),
        ("secret", []),
        (None, []),
        ({"a": ["b", "c"]}, [("a", "['b', 'c']")]),
        ([{"name": "a\nb", "reason": 7}], [("a b", "7")]),
    ],
)
def test_both_forms_of_invalid_parameters_become_one_list(value: t.Any, rows: list[tuple[str, str]]) -> None:
    found = parsed(400, {"title": "Bad Request", "invalid_parameters": value})["invalid_parameters"]
    assert list(found) == rows


def test_the_references_for_support_are_kept() -> None:
    found = parsed(500, {"title": "x", "instance": "0f00ba12"}, {"X-Request-Id": "854d38af-5d2e"})
    assert (found["instance"], found["request_id"]) == ("0f00ba12", "854d38af-5d2e")
    assert parsed(500, "")["instance"] is None
    assert parsed(500, "")["request_id"] is None


@pytest.mark.parametrize(
    "body", ["x" * 100_000, {"title": "t", "detail": "x" * 100_000}, "[" * 100_000, '{"a":' * 100_000]
)
def test_a_huge_body_is_cut(body: t.Any) -> None:
    assert len(parsed(500, body)["detail"]) == 500


def test_a_number_with_more_digits_than_python_converts_is_survived() -> None:
    assert parsed(500, '{"title": ' + "9" * 5000 + "}")["title"] == "Internal Server Error"


@pytest.mark.parametrize(
    "character",
    [
        *("\n", "\r", "\t", "\x00", "\x1b", "\x85", "\x9b", "\u2028", "\u2029"),
        *("\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069", "\u200e", "\u200f", "\u061c"),
        *("\u200b", "\u200d", "\u2060", "\ufeff", "\xad", "\U000e0041"),
        *("\ud800", "\udfff"),
    ],
    ids=ascii,
)
def test_characters_that_do_not_show_are_taken_out(character: str) -> None:
    assert parsed(500, f"a{character}b")["detail"] == "a b"
    found = parsed(500, {"type": f"x#c{character}d", "title": f"a{character}b", "instance": f"e{character}"})
    assert (found["code"], found["title"], found["instance"]) == ("c d", "a b", "e")


# What Unicode calls characters that embed, override, isolate, and end each of these.
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


# -- any answer at all -------------------------------------------------------------------------------------------------

KEYS = ("type", "title", "error_title", "error-code", "error-code-label", "code", "description", "detail", "instance")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from([*KEYS, "invalid_parameters"]), VALUES, max_size=5).map(json.dumps)


@given(
    status=st.integers(-1, 1000),
    request_id=st.text(max_size=20),
    body=st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace")) | st.text(max_size=200) | BODIES,
)
@settings(max_examples=50)
@example(status=500, request_id="a\nb", body='{"title": "a\\u2028b", "invalid_parameters": [{"name": "\\n\\n"}]}')
@example(status=420, request_id="", body="\x85")
@example(status=500, request_id="a", body='{"title": "\\u202ea\\ud800", "error-code": "\\u2067b"}')
def test_no_answer_breaks_the_parser_or_gets_a_second_line_in(status: int, request_id: str, body: str) -> None:
    found = parsed(status, body, {"X-Request-Id": request_id})
    texts = [found[name] for name in ("code", "title", "detail", "instance", "request_id")]
    for row in found["invalid_parameters"]:
        texts += row
    for text in texts:
        assert text is None or (isinstance(text, str) and len(text.splitlines()) <= 1 and len(text) <= 500)
        for character in text or "":
            # Control characters, and those of formats and surrogates.
            assert unicodedata.category(character) not in ("Cc", "Cs")
            assert unicodedata.bidirectional(character) not in DIRECTIONS
    assert found["title"]
    assert found["status"] == status
    assert is_legacy_error(parse_json(body)) in (True, False)


# -- errors inside a 2xx answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ({"error-code": "200", "error-code-label": "success"}, False),
        ({"error-code": 200}, False),
        ({"error-code": "420"}, True),
        ({"error-code": 420}, True),
        ({"code": "401"}, True),
        ({"error-code": "200", "code": "500"}, True),
        ({"error-code": ""}, True),
        ({"error-code": None}, False),
        ({"value": 1}, False),
        ({}, False),
        ([], False),
        ("error-code", False),
        (None, False),
    ],
)
def test_an_error_inside_a_success_is_found(body: t.Any, failed: bool) -> None:
    assert is_legacy_error(body) is failed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"value": 42.50000000}', {"value": Decimal("42.50000000")}),
        ('{"value": 0.1}', {"value": Decimal("0.1")}),
        ('{"value": 10}', {"value": 10}),
        ("not json", None),
        ("", None),
    ],
)
def test_numbers_are_exact(text: str, value: t.Any) -> None:
    assert parse_json(text) == value
    if value:
        assert str(parse_json(text)["value"]) == str(value["value"])


# -- error objects -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "outcome"), [(NotSent, "not_sent"), (Refused, "refused"), (UnknownOutcome, "unknown")]
)
def test_every_error_carries_the_same_keys(kind: t.Any, outcome: str) -> None:
    error = kind("It failed", ErrorInfo(status=418, code="teapot"))
    assert set(error.as_dict()) == ERROR_KEYS
    assert error.as_dict()["outcome"] == outcome
    assert error.as_dict()["invalid_parameters"] == []
    assert (error.message, str(error), error.status, error.code) == ("It failed", "It failed", 418, "teapot")
    assert error.from_vonage is False


# -- redaction ---------------------------------------------------------------------------------------------------------

KEY = "abcd1234"
SECRET = 'S3cret/+&="ä'


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(SECRET, id="plain"),
        pytest.param(quote(SECRET, safe=""), id="url-quoted"),
        pytest.param(quote_plus(SECRET), id="form-quoted"),
        pytest.param(json.dumps(SECRET)[1:-1], id="json"),
        pytest.param(json.dumps(SECRET)[1:-1].replace("/", "\\/"), id="json-with-an-escaped-slash"),
        pytest.param(quote(SECRET), id="url-quoted-as-a-path"),
        pytest.param(html.escape(SECRET), id="html"),
        pytest.param(repr(SECRET)[1:-1], id="python"),
        pytest.param(base64.b64encode(SECRET.encode()).decode(), id="base64"),
        pytest.param(base64.b64encode(f"{KEY}:{SECRET}".encode()).decode(), id="basic-authentication"),
    ],
)
def test_a_secret_is_taken_out_in_every_form(form: str) -> None:
    assert Redactor([(KEY, SECRET)])(f"before {form} after {form}") == "before ******** after ********"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("S3cret%2f%2b%26%3d%22%c3%a4", id="url-quoted-in-small-letters"),
        pytest.param("S3cret%252F%252B%2526%253D%2522%25C3%25A4", id="url-quoted-twice"),
        pytest.param(json.dumps(SECRET, ensure_ascii=False)[1:-1], id="json-in-unicode"),
        pytest.param('S3cret\\/+\\u0026=\\"\\u00E4', id="json-of-php"),
        pytest.param(json.dumps(json.dumps(SECRET)[1:-1])[1:-1], id="json-twice"),
        pytest.param(html.escape(json.dumps(SECRET)[1:-1]), id="json-in-a-page"),
        pytest.param(quote(json.dumps(SECRET)[1:-1]), id="json-in-a-url"),
        pytest.param(html.escape(SECRET).replace("&quot;", "&#034;"), id="html-in-numbers"),
        pytest.param(quote(base64.b64encode(f"{KEY}:{SECRET}".encode()).decode(), safe=""), id="base64-in-a-url"),
        pytest.param("before " + "&#" + "9" * 5000 + "; S3cret%2f%2b%26%3d%22%c3%a4", id="beside-an-absurd-entity"),
        pytest.param(base64.b64encode(f"x{SECRET}y".encode()).decode().replace("/", "\\/"), id="base64-in-json"),
    ],
)
def test_a_text_with_a_secret_quoted_in_another_way_is_not_shown(text: str) -> None:
    shown = Redactor([(KEY, SECRET)])(f"before {text} after")
    assert text not in shown
    assert "S3cret" not in shown
    assert Redactor([(KEY, SECRET)])("before &amp; after %2F") == "before &amp; after %2F"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("Ab1\\cdef", "Ab1%5ccdef"),
        ("Ab1&xy", "Ab1\\u0026xy"),
    ],
)
def test_a_short_or_odd_secret_is_found_when_it_is_quoted(secret: str, text: str) -> None:
    assert Redactor([(KEY, secret)])(f"key {text}") == "********"


def test_a_secret_is_found_in_the_base64_of_urls() -> None:
    secret = "Aa1?>~?>~?>~?>~"
    text = base64.urlsafe_b64encode(f"{KEY}x:{secret}".encode()).decode()
    assert set("-_") & set(text)
    assert len(Redactor([(KEY, secret)])(text)) < len(text)


@pytest.mark.parametrize("secret", ["aaaaaaaa", "Password1", "\\\\\\\\", "%41%42%43%44", "success1"])
def test_a_text_without_the_secret_stays_as_it_is(secret: str) -> None:
    text = "HTTP 503: <h1>50% &amp; more</h1> C:\\temp\\new success ABCD aaaa Password"
    redacted = Redactor([(KEY, secret)])(text)
    assert redacted == ("********" if secret == "%41%42%43%44" else text)


@pytest.mark.parametrize("before", ["", "a", "ab", "another-key:", '{"api_secret": "', '{"secret":"'])
def test_a_secret_is_taken_out_wherever_it_begins_in_base64(before: str) -> None:
    text = base64.b64encode(f'{before}{SECRET}"}}'.encode()).decode()
    digits = Redactor([(KEY, SECRET)])(text).split("********")
    # What is left are the digits of the neighbours, and those that they share with the secret.
    assert len(digits) == 2
    assert len(digits[0]) <= len(before) * 4 // 3 + 1
    assert len(digits[1]) <= 6


@pytest.mark.parametrize("secret", ["\\" * 12 + "x", "%" * 12 + "x", "/\\" * 12, "%25" * 8 + "x", "&amp;" * 5 + "x"])
@pytest.mark.parametrize("text", ["\\", "/\\", "%", "%25", "%5c", "&amp;"])
def test_no_text_takes_long_to_search(secret: str, text: str) -> None:
    # Of the length of a page; what searches it in more than linear time does not end.
    assert Redactor([(KEY, secret)])(text * 100_000 + "|" + secret).endswith("|********")


def test_secrets_beside_the_login_are_taken_out() -> None:
    value = "N3xt/Value"
    encoded = base64.b64encode(value.encode()).decode()
    text = Redactor([(KEY, SECRET)], [value])(f"{value} {quote(value, safe='')} {encoded} {SECRET}")
    assert text == "******** ******** ******** ********"


def test_all_logins_count() -> None:
    assert Redactor([(KEY, "First1One"), ("c0ffee01", "Second2Two")])("First1One Second2Two") == "******** ********"


@pytest.mark.parametrize("secrets", [("Abc", "AbcDef", "xAbcDefx"), ("xAbcDefx", "AbcDef", "Abc")])
def test_of_a_longer_secret_no_rest_stays(secrets: tuple[str, ...]) -> None:
    redact = Redactor([(KEY, secrets[0])], secrets[1:])
    assert redact("Abc AbcDef xAbcDefx") == "******** ******** ********"


def test_an_empty_secret_changes_nothing() -> None:
    assert Redactor([(KEY, "")])("as it was") == "as it was"


@given(
    secret=st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=1, max_size=30),
    around=st.tuples(st.text(max_size=10), st.text(max_size=10)),
)
def test_no_form_of_any_secret_survives(secret: str, around: tuple[str, str]) -> None:
    forms = [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(f"{KEY}:{secret}".encode())]
    texts = [form if isinstance(form, str) else form.decode() for form in forms]
    redact = Redactor([(KEY, secret)])
    for form in texts:
        assert form not in redact(around[0] + form + around[1])
    assert set(redact("*".join(texts))) == {"*"}


# Each is undone by what reads the text; the last two are at most once in a chain.
QUOTATIONS: dict[str, t.Callable[[str], str]] = {
    "json": lambda text: json.dumps(text)[1:-1],
    "json in a string": json.dumps,
    "json of php": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json in numbers": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    "javascript": lambda text: "".join(f"\\u{{{ord(character):x}}}" for character in text),
    "python": lambda text: repr(text)[1:-1],
    "hexadecimal": lambda text: "".join(f"\\x{ord(character):02x}" for character in text),
    "octal": lambda text: "".join(f"\\{ord(character):03o}" for character in text),
    "url": lambda text: quote(text, safe=""),
    "path": quote,
    "form": quote_plus,
    "url in numbers": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "html": html.escape,
    "html in numbers": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "html in hexadecimal numbers": lambda text: "".join(f"&#x{ord(character):X};" for character in text),
    "shell": shlex.quote,
    "yaml": lambda text: "'" + text.replace("'", "''") + "'",
    "csv": lambda text: '"' + text.replace('"', '""') + '"',
}
ENCODINGS: dict[str, t.Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
}
# What Vonage takes for a secret: printable ASCII without blanks.
SECRETS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=25)


@given(
    secret=SECRETS,
    before=st.none() | st.sampled_from(list(QUOTATIONS)),
    encoding=st.none() | st.sampled_from(list(ENCODINGS)),
    after=st.lists(st.sampled_from(list(QUOTATIONS)), max_size=2),
    around=st.tuples(*[st.text("ab-: ", max_size=5)] * 2),
)
@settings(max_examples=150)
@example(secret="Ab1'cdefg", before="shell", encoding="hex", after=["json", "html"], around=("", ""))
@example(secret="Ab1/cdefg", before="json in numbers", encoding="base64 in lines", after=["json"], around=("a", ""))
def test_no_quotation_of_a_secret_is_shown_of_any_answer(
    secret: str, before: str | None, encoding: str | None, after: list[str], around: tuple[str, str]
) -> None:
    assume("********" not in secret)
    text = secret
    for quotation in (QUOTATIONS.get(before or ""), ENCODINGS.get(encoding or ""), *map(QUOTATIONS.get, after)):
        text = quotation(text) if quotation else text
    text = f"{around[0]}{text}{around[1]}"
    redact = Redactor([(KEY, secret)])
    # The code is what follows the last "#", which may be no part of the secret.
    kind = "" if "#" in text else f"#{text}"
    body = {"type": kind, "title": text, "detail": text, "instance": text, "invalid_parameters": {text: text}}
    for answer in (text, json.dumps(body), json.dumps({"error-code": text, "error-code-label": text})):
        found = parsed(500, answer, {"X-Request-Id": text}, redact)
        rows = [value for row in found["invalid_parameters"] for value in row]
        for shown in (found["code"], found["title"], found["detail"], found["instance"], found["request_id"], *rows):
            if shown and shown != "Internal Server Error":
                assert "********" in shown, shown
                assert secret not in shown


def test_of_a_secret_with_a_number_sign_no_end_is_a_code() -> None:
    assert parsed(400, '{"type": "x#Ab1c#d5Ef"}', redact=Redactor([(KEY, "Ab1c#d5Ef")]))["code"] == "********"
