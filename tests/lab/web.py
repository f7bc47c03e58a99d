"""casvip-web on a host of the lab, as its unit starts it: an unprivileged user; and what its clients see."""
import json
import re

from host import run

PORT = 7412
UID = 65534  # any user of no rights; it may ask because its group is that of the control socket


class Web:
    def __init__(self, agent, *arguments):
        self.agent, self.host, self.lab = agent, agent.host, agent.host.lab
        self.process = self.host.spawn("setpriv", "--reuid", UID, "--regid", self.group(), "--clear-groups", "--no-new-privs",
                                       "/run/build/casvip-web", *arguments, name="casvip-web")
        self.lab.wait_for(lambda: self.get("/healthz")[0], 5, "casvip-web answers")

    def group(self):
        """Of the control socket, where it is not root's alone."""
        return run("stat", "-c", "%g", f"{self.host.run_dir}/casvip.sock").stdout.strip()

    def get(self, path, *curl):
        """(status code, body) of a request; code 0 while nobody answers."""
        done = self.host.run("curl", "-s", "-m", "5", "-w", r"\n%{http_code}", *curl, f"http://127.0.0.1:{PORT}{path}",
                             check=False)
        body, _, code = done.stdout.rpartition("\n")
        return int(code or 0), body

    def status(self):
        code, body = self.get("/status.json")
        return json.loads(body) if code == 200 else None

    def metrics(self):
        """{"name{labels}": value} of every sample."""
        return {name: float(value) for name, value in
                re.findall(r"^(casvip_[^#\n]*) ([0-9.]+)$", self.get("/metrics")[1], re.MULTILINE)}

    def metric(self, name):
        return self.metrics().get(name)
