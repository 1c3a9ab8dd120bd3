#!/usr/bin/env python3
"""Serves the bare repositories below a folder over HTTP on loopback, as a Git host would: git's own http-backend behind a socket.

    serve-git.py FOLDER PORT_FILE

Listens on a free port of 127.0.0.1, writes its number to PORT_FILE, and serves until it is ended. Reading only.
"""

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LONGEST_REQUEST = 10_000_000
BACKEND_SECONDS = 120


class GitHost(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.run_backend(b"")

    def do_POST(self):
        body = self.read_body()
        if body is None:
            self.close_connection = True
            self.send_error(413)
        else:
            self.run_backend(body)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length <= LONGEST_REQUEST else None
        body = b""
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(body) + size > LONGEST_REQUEST:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(8)
        self.rfile.readline(8)
        return body

    def run_backend(self, body):
        url = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": self.server.folder,
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(url.path),
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": self.client_address[0],
        }
        ended = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, timeout=BACKEND_SECONDS)
        head, _, answer = ended.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode("latin-1").splitlines() if ": " in line]
        status = next((int(value[:3]) for name, value in headers if name.lower() == "status"), 200 if headers else 500)
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("status", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def main():
    folder, port_file = sys.argv[1:]
    server = ThreadingHTTPServer(("127.0.0.1", 0), GitHost)
    server.folder = os.path.abspath(folder)
    with open(port_file + ".part", "w", encoding="ascii") as file:
        file.write(str(server.server_port))
    os.rename(port_file + ".part", port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
