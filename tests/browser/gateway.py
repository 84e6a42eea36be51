"""A video gateway that speaks WHEP: a page of Chromium is the camera, a small server hands on its answers.

The server passes each offer to the page and the page's answer back; the media go between the two browsers'
pages, as they would from a real gateway.
"""

import contextlib
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CAMERA = """<!doctype html><title>gateway</title><canvas width="320" height="180"></canvas><script>
const canvas = document.querySelector("canvas"), drawn = canvas.getContext("2d");
let count = 0;
window.frozen = false;
setInterval(() => {
  if (window.frozen) return;
  drawn.fillStyle = `hsl(${++count * 7 % 360} 80% 50%)`;
  drawn.fillRect(0, 0, 320, 180);
}, 50);
const stream = canvas.captureStream(20);
const peers = new Map();
window.hangUp = () => { peers.forEach((peer) => peer.close()); peers.clear(); };
async function answer(offer, id) {
  const peer = new RTCPeerConnection();
  peers.set(id, peer);
  stream.getTracks().forEach((track) => peer.addTrack(track, stream));
  await peer.setRemoteDescription({ type: "offer", sdp: offer });
  await peer.setLocalDescription(await peer.createAnswer());
  await new Promise((done) => {
    const over = () => peer.iceGatheringState === "complete" && done();
    peer.addEventListener("icegatheringstatechange", over);
    over();
  });
  await fetch(`/answer/${id}`, { method: "POST", body: peer.localDescription.sdp });
}
(async () => {
  for (;;) {
    const asked = await fetch("/offer");
    if (asked.status === 200) await answer(await asked.text(), asked.headers.get("x-id"));
  }
})();
</script>"""

FRAME = "<!doctype html><title>camera</title><p id='camera'>a picture of the gateway's own page</p>"


class Gateway:
    """What was asked of it; `streams` are the paths that it has."""

    def __init__(self, streams):
        self.streams = set(streams)
        self.asked, self.ended = [], []
        self.offers, self.answers = queue.Queue(), {}

    def ask(self, path, offer):
        """The id and the answer of a peer in the camera's page."""
        number = str(len(self.asked))
        self.asked.append(path)
        self.answers[number] = queue.Queue()
        self.offers.put((number, offer))
        return number, self.answers[number].get(timeout=10)


@contextlib.contextmanager
def running_gateway(*streams):
    """A gateway and its address; its camera is the page at that address."""
    gateway = Gateway(streams)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/offer":
                try:
                    number, offer = gateway.offers.get(timeout=1)
                except queue.Empty:
                    return self.reply(204)
                return self.reply(200, offer, **{"x-id": number})
            page = CAMERA if self.path == "/" else FRAME
            return self.reply(200, page.encode(), **{"content-type": "text/html"})

        def do_OPTIONS(self):
            self.reply(204)

        def do_DELETE(self):
            gateway.ended.append(self.path)
            self.reply(200)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path.startswith("/answer/"):
                gateway.answers[self.path.rpartition("/")[2]].put(body)
                return self.reply(204)
            if self.path not in gateway.streams:
                gateway.asked.append(self.path)
                return self.reply(404)
            number, answer = gateway.ask(self.path, body)
            location = {"location": f"{self.path}/{number}", "content-type": "application/sdp"}
            return self.reply(201, answer, **location)

        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            allowed = {
                "access-control-allow-origin": "*",
                "access-control-allow-headers": "content-type",
                "access-control-allow-methods": "POST, DELETE",
                "access-control-expose-headers": "location",
            }
            for name, value in {**allowed, **headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
