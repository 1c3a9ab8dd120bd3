"""A guest book. GET / shows it, POST / signs it, /entries gives it as JSON. Python's own library is enough."""

import html
import json
import os
import signal
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

VERSION = "1.0.0"
DATABASE = os.environ.get("DATABASE", "/data/guestbook.db")
LONGEST_FORM = 4096

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Guest book</title>
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem }}</style>
<h1>Guest book</h1>
<form method="post"><label>Your name <input name="name" maxlength="80" required></label> <button>Sign</button></form>
<ol>{entries}</ol>
<p><small>sqlite-volume {version}</small></p>
</html>"""


def connect():
    connection = sqlite3.connect(DATABASE, timeout=10)
    connection.execute("CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    return connection


def entries():
    connection = connect()
    try:
        return [name for (name,) in connection.execute("SELECT name FROM entry ORDER BY id")]
    finally:
        connection.close()


def sign(name):
    connection = connect()
    try:
        with connection:
            connection.execute("INSERT INTO entry (name) VALUES (?)", (name,))
    finally:
        connection.close()


class GuestBook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/entries":
            body, kind = json.dumps({"version": VERSION, "entries": entries()}), "application/json"
        else:
            items = "".join(f"<li>{html.escape(name)}</li>" for name in entries())
            body, kind = PAGE.format(entries=items, version=VERSION), "text/html; charset=utf-8"
        self.answer(200, body, ("Content-Type", kind))

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_FORM:
            self.close_connection = True
            return self.answer(413, "too long\n")
        name = parse_qs(self.rfile.read(length).decode("utf-8", "replace")).get("name", [""])[0].strip()[:80]
        if name:
            sign(name)
        return self.answer(303, "", ("Location", "/"))

    def answer(self, status, body, *headers):
        data = body.encode()
        self.send_response(status)
        for header, value in headers:
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        print(self.address_string(), format % args)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    connect().close()
    server = ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("PORT", "8060"))), GuestBook)
    print(f"sqlite-volume {VERSION} listens on {server.server_port}")
    server.serve_forever()
