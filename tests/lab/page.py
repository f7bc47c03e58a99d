"""A page that the vip's owner serves, which says whose it is and waits for news as webmail does: its script keeps a
request open that is never answered, and when that fails, asks for the host's name again and waits there.

That request goes to a port of its own, and so over a connection made for it: one that fails on a connection the browser
had already, the browser repeats by itself, and the page does not hear of it."""
from lab import VIP

PORT, POLL_PORT = 7200, 7201
AGAIN_MS = 100  # the moment after which the script asks again
PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<body>
<script>
const shown = [], failed = [];
const again = () => setTimeout(show, AGAIN_MS);
async function show() {
    try {
        document.body.innerText = await (await fetch("/name")).text();
        shown.push(Date.now());
    } catch {
        return again();
    }
    fetch(`http://${location.hostname}:POLL_PORT/`, {mode: "no-cors"}).catch(() => {
        failed.push(Date.now());
        again();
    });
}
show();
</script>
""".replace("AGAIN_MS", str(AGAIN_MS)).replace("POLL_PORT", str(POLL_PORT))
SERVER = f"""
import http.server, socket, threading
class Asked(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.server.server_port == {POLL_PORT}:
            print("waits", flush=True)
            threading.Event().wait()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/plain")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(({PAGE!r} if self.path == "/" else socket.gethostname()).encode())
for port in ({PORT}, {POLL_PORT}):
    threading.Thread(target=http.server.ThreadingHTTPServer(("", port), Asked).serve_forever).start()
"""
URL = f"http://{VIP}:{PORT}/"


class Page:
    def __init__(self, host):
        self.host = host
        host.spawn("python3", "-c", SERVER, name="page")

    def waiting(self):
        """How many of its requests came so far that are never answered."""
        return self.host.said("page").splitlines().count("waits")


def shown(browser):
    """The name of the host that the page says it is of."""
    return browser.text().strip()


def instants(browser):
    """When the page showed a host's name, and when its request failed: two lists, of milliseconds of the wall clock."""
    return browser.value("[shown, failed]")
