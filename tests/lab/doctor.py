"""casvipctl doctor, run on a host of the lab: what it finds, and with which words."""
import json

CALM = 'interval = "500ms"'  # a machine that is busy for 100 ms is no finding of most cases
COMMAND = ("/run/build/casvipctl", "-s", "/run/casvip/casvip.sock", "--json", "doctor", "-f", "/run/casvip/casvip.conf")


def examined(agent, *arguments):
    """What it says as JSON, on the agent's host; its exit code must fit that."""
    done = agent.host.run(*COMMAND, *(arguments or ("-w", "0")), check=False)
    said = json.loads(done.stdout)
    assert done.returncode == (1 if said["findings"] else 0), f"{done.returncode} {done.stdout}"
    for finding in said["findings"]:
        assert finding["words"] and finding["evidence"] and finding["fix"], finding
    return said


def ids(said):
    return [finding["id"] for finding in said["findings"]]


def only(among, name, *words):
    """The one of that name among findings or notes, which must be there once, with these words somewhere in it."""
    named = [finding for finding in among if finding["id"] == name]
    assert len(named) == 1, among
    whole = " ".join(named[0].values())
    for word in words:
        assert word in whole, named[0]
    return named[0]


def found(agent, name, *words, arguments=()):
    return only(examined(agent, *arguments)["findings"], name, *words)


def until_found(agent, name, *words):
    """What shows only after some heartbeats, or in what is counted while it looks."""
    def looks():
        said = examined(agent, "-w", "1")
        return said if name in ids(said) else None
    said = agent.lab.wait_for(looks, 20, f"doctor finds {name} on {agent.host.name}")
    return only(said["findings"], name, *words)
