"""The door: foreign names, foreign sites, missing tokens and large bodies stay outside."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from dfr.web import guard as guard_module
from dfr.web.guard import MAX_BODY_BYTES, Access, Guard, is_loopback

HOST = "127.0.0.1:8340"
OWN = f"http://{HOST}"


async def hello(request: Request):
    return PlainTextResponse(str(len(await request.body())))


async def echo(socket):
    await socket.accept()
    await socket.close()


APP = Starlette(
    routes=[Route("/", hello, methods=["GET", "POST"]), WebSocketRoute("/ws", echo)],
)


def ask(
    method="GET",
    *,
    host=HOST,
    origin=None,
    token=None,
    query="",
    body=b"",
    headers=(),
    kind="http",
    bearer=False,
):
    """(status or close code, headers) of one request, by the ASGI protocol itself."""
    guard = Guard(APP, access=Access(hosts=frozenset({HOST}), token=token, bearer=bearer))
    sent = [(b"host", host.encode()), *headers]
    sent += [(b"origin", origin.encode())] if origin else []
    scope = {
        "type": kind,
        "method": method,
        "path": "/ws" if kind == "websocket" else "/",
        "query_string": query.encode(),
        "headers": sent,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8340),
    }
    told = []
    chunks = [body[i : i + 50_000] for i in range(0, max(len(body), 1), 50_000)]

    async def receive():
        if kind == "websocket":
            return {"type": "websocket.connect"}
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message):
        told.append(message)

    # In a thread of its own: a browser test may have left a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(guard(scope, receive, send))).result()
    first = told[0]
    if kind == "websocket":
        return first["type"], {}
    return first["status"], {k.decode(): v.decode() for k, v in first["headers"]}


def test_its_own_page_gets_in_with_headers_that_allow_nothing_from_outside():
    status, headers = ask()
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8340", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_name_for_this_machine_is_refused(host):
    assert ask(host=host)[0] == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", f"http://{HOST}.evil.test", "http://localhost:1"]
)
def test_another_site_can_neither_read_nor_write(origin):
    assert ask("GET", origin=origin)[0] == 403
    assert ask("POST", origin=origin)[0] == 403
    assert ask(kind="websocket", origin=origin)[0] == "websocket.close"


def test_a_change_without_an_origin_is_refused_and_with_ours_is_taken():
    assert ask("POST")[0] == 403
    assert ask("POST", origin=OWN)[0] == 200


def test_a_foreign_origin_does_not_hide_behind_ours():
    also = [(b"origin", b"http://evil.test")]
    assert ask("POST", origin=OWN, headers=also)[0] == 403
    assert ask("GET", origin=OWN, headers=also)[0] == 403
    assert ask(kind="websocket", origin=OWN, headers=also)[0] == "websocket.close"


def test_a_socket_needs_our_origin():
    assert ask(kind="websocket")[0] == "websocket.close"
    assert ask(kind="websocket", origin=OWN)[0] == "websocket.accept"


def test_a_socket_needs_our_name_and_the_token_too():
    assert ask(kind="websocket", host="evil.test", origin="http://evil.test")[0] == "websocket.close"
    assert ask(kind="websocket", token="secret", origin=OWN)[0] == "websocket.close"
    assert ask(kind="websocket", token="secret", origin=OWN, query="token=secret")[0] == "websocket.close"
    kept = [(b"cookie", b"dfr_token=secret")]
    assert ask(kind="websocket", token="secret", origin=OWN, headers=kept)[0] == "websocket.accept"


@pytest.mark.parametrize(
    "cookie", [b"dfr_token=", b"dfr_token", b"dfr_token=\xff", b"=;;;", b"dfr_token=Secret"]
)
def test_a_cookie_that_is_no_token_opens_nothing(cookie):
    assert ask(token="secret", headers=[(b"cookie", cookie)])[0] == 401


def test_a_token_of_foreign_letters_is_refused_not_stumbled_over():
    assert ask(token="secret", query="token=%ff%c3%a9")[0] == 401


def test_a_token_is_asked_for_and_moves_into_a_cookie_that_scripts_cannot_read():
    assert ask(token="secret")[0] == 401
    assert ask(token="secret", query="token=wrong")[0] == 401
    status, headers = ask(token="secret", query="token=secret")
    assert (status, headers["location"]) == (303, "/")
    cookie = headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert ask(token="secret", headers=[(b"cookie", b"dfr_token=secret")])[0] == 200
    assert ask("POST", token="secret", query="token=secret", origin=OWN)[0] == 401


def test_a_body_over_the_limit_is_refused_however_it_is_announced():
    large = b"x" * (MAX_BODY_BYTES + 1)
    assert ask("POST", origin=OWN, body=large, headers=[(b"content-length", b"65537")])[0] == 413
    assert ask("POST", origin=OWN, body=large)[0] == 413
    assert ask("POST", origin=OWN, body=large, headers=[(b"content-length", b"-1")])[0] == 413
    assert ask("POST", origin=OWN, body=large[:-1])[0] == 200


def test_a_body_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(guard_module, "BODY_S", 0.05)
    sent = []

    async def drip():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        sent.append(message)

    headers = [(b"host", HOST.encode()), (b"origin", OWN.encode()), (b"content-length", b"60000")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
    guard = Guard(APP, access=Access(hosts=frozenset({HOST})))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(guard(scope, drip, send))).result()
    assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.4", False),
        ("x", False),
    ],
)
def test_only_this_machine_is_loopback(host, answer):
    assert is_loopback(host) is answer


SIGNED = ((b"authorization", b"Bearer something"),)


def test_a_system_with_its_token_in_a_header_needs_no_origin_where_that_is_let():
    assert ask("POST", headers=SIGNED, bearer=True)[0] == 200
    assert ask("POST", headers=SIGNED)[0] == 403
    assert ask("POST", bearer=True)[0] == 403


def test_a_page_of_another_site_stays_outside_whatever_header_it_sends():
    assert ask("POST", headers=SIGNED, bearer=True, origin="https://elsewhere.invalid")[0] == 403
    assert ask("POST", headers=SIGNED, bearer=True, host="elsewhere.invalid")[0] == 421
