# SPDX-License-Identifier: Apache-2.0
"""The faults of tests/registry/faulty: a rule (its docstring lists them), and how a request is answered
under one."""

import fnmatch
import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler

CHUNK = 1 << 16


class Rule:
    def __init__(self, text):
        head, _, what = text.partition("=")
        self.method, _, self.glob = head.partition(" ")
        what, _, times = what.partition("*")
        self.what, _, self.value = what.partition(":")
        self.times = int(times) if times else None
        self.meeting = threading.Barrier(int(self.value)) if self.what == "meet" else None

    def applies(self, method, path, lock):
        if self.method not in ("*", method) or not fnmatch.fnmatchcase(path, self.glob):
            return False
        if self.times is None:
            return True
        with lock:
            self.times -= 1
            return self.times >= 0


class Answers(BaseHTTPRequestHandler):
    """The plumbing of a request: its body, its answer, and what self.rule makes of them."""

    protocol_version = "HTTP/1.1"
    server_version = "mkimage-tests"
    wbufsize = -1  # head and body in one segment

    def log_message(self, *args):
        pass

    def take_body(self):
        n = int(self.headers.get("Content-Length", "0"))
        parts = []
        while n > 0:
            part = self.rfile.read(min(n, CHUNK))
            if not part:
                break
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    def note(self, status):
        with self.server.lock:
            if self.server.log:
                auth = self.headers.get("Authorization", "-").split(" ")[0]
                self.server.log.write("%s %s %d %s\n" % (self.command, self.path, status, auth))
                self.server.log.flush()

    def reset(self):
        self.note(0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def answer(self, status, body=b"", **headers):
        rule = self.rule
        if rule and rule.what == "drop":
            return self.reset()
        if rule and rule.what == "busy":
            status, body = 409, b"busy"
        if rule and rule.what == "says":
            status = int(rule.value)
        if rule and rule.what == "wrong" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.note(status)
        self.send_response(status)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if rule and rule.what == "header":
            name, _, value = rule.value.partition(":")
            headers[name] = value
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return None
        if rule and rule.what == "cut":
            self.wfile.write(body[:int(rule.value)])
            self.wfile.flush()
            self.close_connection = True
        elif rule and rule.what == "drip":
            for i in range(len(body)):
                self.wfile.write(body[i:i + 1])
                self.wfile.flush()
                if self.server.ended.wait(1):
                    break
        else:
            self.wfile.write(body)
        return None

    def error(self, status, code, message="", **headers):
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        return self.answer(status, body, Content_Type="application/json", **headers)

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True

    def fails_at_once(self):
        """What a rule does without looking at the request."""
        rule = self.rule
        if not rule:
            return False
        if rule.what == "stall":
            self.note(0)
            self.server.ended.wait()
        elif rule.what == "status":
            self.take_body()
            status, _, code = rule.value.partition(":")
            code, _, text = code.partition(":")
            self.error(int(status), code or "FAULT", text or "as the test has it")
        elif rule.what == "retry":
            self.take_body()
            self.error(429, "TOOMANYREQUESTS", "slower", Retry_After=rule.value)
        elif rule.what == "redirect":
            self.answer(307, Location=rule.value + self.path)
        elif rule.what == "huge":
            size, _, status = rule.value.partition(":")
            self.take_body()
            self.answer(int(status or 200), b" " * (int(size) << 20),
                        Content_Type="application/vnd.oci.image.manifest.v1+json")
        elif rule.what == "basic":
            self.take_body()
            self.error(401, "UNAUTHORIZED", "unauthorized", Www_Authenticate='Basic realm="harbor"')
        elif rule.what == "echo":
            self.take_body()
            self.error(400, "ECHO", "you sent " + self.headers.get("Authorization", "nothing"))
        elif rule.what == "meet":
            try:
                rule.meeting.wait(30)
            except threading.BrokenBarrierError:
                self.take_body()
                self.error(500, "ALONE", "nobody else came")
                return True
            return False
        elif rule.what in ("empty", "body"):
            self.answer(200, rule.value.encode())
        elif rule.what == "reset" and not self.path.startswith("/v2/") or (
                rule.what == "reset" and self.command not in ("PATCH", "PUT")):
            self.reset()
        else:
            return False
        return True
