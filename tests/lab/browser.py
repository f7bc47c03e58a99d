"""A headless Chromium on a host of the lab, told what to do over its pipe (the DevTools protocol): it waits for what the page
says, and takes pictures as wide as they are wanted."""
import base64
import itertools
import json
import os
import select
import time

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe"]
ANSWER_S = 60  # a browser that starts on a busy machine takes its time


class Browser:
    def __init__(self, host, dark=False):
        self.host, self.numbers, self.heard = host, itertools.count(1), b""
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()
        for fd in (theirs_in, theirs_out):
            os.set_inheritable(fd, True)
        profile = f"{host.run_dir}/chromium-{next(self.numbers)}-{time.monotonic_ns()}"
        os.mkdir(profile)
        # The pipe is descriptors 3 and 4 by the protocol's rule; ours may well be these, so through higher ones.
        script = f'exec 200<&{theirs_in} 201>&{theirs_out}; exec 3<&200 4>&201 200<&- 201>&-; exec "$@"'
        self.process = host.spawn_with((theirs_in, theirs_out), "bash", "-c", script, "bash", "chromium", *FLAGS,
                                       f"--user-data-dir=/run/casvip/{os.path.basename(profile)}", "about:blank",
                                       name="chromium")
        os.close(theirs_in)
        os.close(theirs_out)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.tell("Page.enable")
        self.tell("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def ask(self, method, session=None, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer}"
                return answer["result"]

    def message(self):
        while b"\0" not in self.heard:
            ready, _, _ = select.select([self.into], [], [], ANSWER_S)
            more = os.read(self.into, 1 << 16) if ready else b""
            assert more, f"the browser says nothing: {self.host.said('chromium')[-2000:]}"
            self.heard += more
        text, _, self.heard = self.heard.partition(b"\0")
        return json.loads(text)

    def tell(self, method, **parameters):
        return self.ask(method, self.session, **parameters)

    def open(self, url):
        self.tell("Page.navigate", url=url)

    def value(self, expression):
        """What JavaScript in the page says of it."""
        return self.tell("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def text(self):
        return self.value("document.body.innerText") or ""

    def picture(self, path, width):
        """The whole page, at this width."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
        wide = self.value("document.documentElement.scrollWidth")
        height = self.value("document.documentElement.scrollHeight")
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=max(height, 300), deviceScaleFactor=1,
                  mobile=width < 600)
        shot = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot))
        assert wide <= width, f"{path}: the page is {wide} wide and has to be scrolled sideways"

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.into)
