"""One certificate on every node, or an alarm: what the nodes tell each other of what their checks see."""
from certificates import Authority, give
from promises import Watched, nothing_changes
from services import NAME, Owa

CHECK = f"""check "cert" {{ type = "certificate"  connect = "127.0.0.1:443"  host = "{NAME}"  ca_file = "/run/casvip/ca.pem"
        interval = "300ms"  timeout = "700ms"  %s }}
"""


class Servers:
    """nginx on both hosts, each with a certificate of its own."""

    def __init__(self, lab):
        authority = Authority(f"{lab.dir}/authority")
        self.pairs = {node.name: authority.leaf(node.name) for node in lab.nodes}
        self.owa = {node.name: Owa(node) for node in lab.nodes}
        for node in lab.nodes:
            node.write("ca.pem", authority.text("ca.pem"))
            self.install(node, node)

    def install(self, host, of):
        give(host, "mail", self.pairs[of.name])
        self.owa[host.name].kill()
        self.owa[host.name].start()


def _differs(agent):
    return agent.vip().get("certificate_differs")


def _wait_difference(lab, watched):
    for agent, peer in ((watched.owner, watched.backup), (watched.backup, watched.owner)):
        lab.wait_for(lambda: _differs(agent) == [peer.host.name], 12, f"{agent.host.name} sees that they differ")
        lab.wait_log(f"event=check vip=mail check=cert state=differs peer={peer.host.name}", agent.host)
        shown = agent.ctl("status").stdout
        assert f"! ANOTHER CERTIFICATE on {peer.host.name}\n" in shown, shown


def case_a_certificate_that_is_not_the_same_everywhere_is_an_alarm_until_it_is(lab):
    servers = Servers(lab)
    watched = Watched(lab, checks=CHECK % "")
    with nothing_changes(watched, log_lines_max=4):  # the two, and of the new nginx the check's down and up
        _wait_difference(lab, watched)
        assert watched.backup.vip()["fit"], "a warning is no reason"
        servers.install(watched.backup.host, watched.owner.host)
        for agent in (watched.owner, watched.backup):
            lab.wait_for(lambda: "certificate_differs" in agent.vip() and not _differs(agent), 5, "no difference")
            lab.wait_log("event=check vip=mail check=cert state=same peer=", agent.host)
            assert "ANOTHER CERTIFICATE" not in agent.ctl("status").stdout


def case_another_certificate_than_the_owners_makes_unfit_where_the_file_says_so(lab):
    Servers(lab)
    watched = Watched(lab, checks=CHECK % 'same = "down"')
    with nothing_changes(watched, log_lines_max=2):
        _wait_difference(lab, watched)
        lab.wait_for(lambda: watched.backup.vip()["fitness"] == "unhealthy", 2, "the backup is unfit")
        assert watched.backup.check_states() == {"cert": "up"}, "the service itself is up"
        assert watched.owner.vip()["fit"], "the owner is not measured by itself"
    since = watched.owner.kill()
    watched.wait_takeover(since, why="silence")
    watched.assert_one_answer(since)
    lab.wait_for(lambda: watched.backup.vip()["fit"], 2, "the new owner is fit")
