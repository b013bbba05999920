import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgpack
from msgpack import _cmsgpack  # the compiled part, without which msgpack would be slow in silence


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = msgpack.packb({"path": self.path, "by": _cmsgpack.__name__})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 8080), Handler).serve_forever()
