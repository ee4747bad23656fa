"""An HTTP endpoint that takes webhooks: echoes challenges, keeps what comes, answers as a test wants."""

import http.server
import json
import threading
import time


class Receiver:
    def __init__(self):
        self.received = []
        self.challenges = []
        # The next answers' status, then 200 for ever.
        self.answers = []
        self.echoes = True
        self.delay_seconds = 0.0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = receiver.take(self.path, self.headers, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/monday"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def take(self, path, headers, body):
        if "challenge" in body:
            self.challenges.append(body)
            return 200, {"challenge": body["challenge"] if self.echoes else "something else"}
        time.sleep(self.delay_seconds)
        self.received.append({"path": path, "headers": dict(headers), "event": body["event"]})
        return (self.answers.pop(0) if self.answers else 200), {}

    @property
    def events(self):
        return [each["event"] for each in self.received]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
