"""Who follows an agent's events is told each of them, and an agent waits for nobody who follows it."""
import json
import re
import socket

from agents import Pair
from cases.log import LEASE_MS, worst_gap_ms
from wire import Tap

FOLLOWERS_MAX = 8


class Follower:
    """What an agent tells, from the event of that number on; it reads only when it is asked what came."""

    def __init__(self, agent, since="0"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{agent.host.run_dir}/casvip.sock")
        self.socket.sendall(f"follow {since}\n".encode())
        self.socket.setblocking(False)
        self.text, self.ended = b"", False

    def events(self):
        try:
            while not self.ended:
                got = self.socket.recv(65536)
                self.text += got
                self.ended = not got
        except BlockingIOError:
            pass
        whole = self.text[:self.text.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]

    def close(self):
        self.socket.close()


def case_a_follower_is_told_each_event_once_in_order_with_its_line_and_fields(lab):
    pair = Pair(lab)
    owner, backup = pair.owner(), pair.backup()
    follower = Follower(backup)
    owner.ctl("move", "mail")
    taken = lab.wait_for(lambda: [e for e in follower.events() if e["fields"].get("to") == "ACTIVE"], 5,
                         "the event of the takeover")[0]
    assert (taken["event"], taken["severity"], taken["node"]) == ("role", "notice", backup.host.name), taken
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", taken["time"]), taken
    assert taken["fields"]["vip"] == "mail" and taken["fields"]["why"] == "yielded", taken
    assert taken["line"] == re.sub(r"^\S+ ", "", lab.wait_log("event=role .*to=ACTIVE", backup.host).text), taken
    events = follower.events()
    assert events[0]["event"] != "role" and events[0]["seq"] == 1, events[0]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1)), events
    later = Follower(backup, f"{taken['seq'] - 1} {taken['session']}")
    lab.wait_for(lambda: later.events()[:1] == [taken], 5, "the takeover again, and nothing from before it")
    stale = Follower(backup, f"{taken['seq']} {'0' * 15}1")  # that number is another run's: it says nothing
    lab.wait_for(lambda: stale.events()[:1] == events[:1], 5, "all from the beginning")


def case_followers_that_do_not_read_cost_no_beat_and_lose_their_place(lab):
    pair = Pair(lab)
    owner = pair.owner()
    tap = Tap(lab, owner.host)
    stuck = [Follower(owner) for _ in range(FOLLOWERS_MAX)]
    refused = Follower(owner)
    lab.wait_for(lambda: not refused.events() and refused.ended, 5, "one too many is refused")
    assert b"follow the events already" in refused.text, refused.text
    done = []

    def more_to_tell():
        done.append(pair.active()[0].ctl("move", "mail", check=False).returncode)
        return owner.counters()["ctl_unfollowed"] == FOLLOWERS_MAX

    lab.wait_for(more_to_tell, 60, "every follower that does not read has lost its place")
    reads = Follower(owner)
    lab.wait_for(lambda: reads.events()[-1:] and "seq" in reads.events()[-1], 5, "who reads has a place again")
    gap = worst_gap_ms(tap.beats(), owner.host)
    assert gap < LEASE_MS, f"{owner.host.name} sent no beat for {gap:.0f} ms"
    assert not any(done), "an order was not carried out meanwhile"
    for follower in stuck:
        assert follower.events() and follower.ended
