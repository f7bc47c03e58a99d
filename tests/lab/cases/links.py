"""Redundant links, duplicates on the LAN, and the way back to a preferred node."""
import socket
import time

from agents import Pair, config
from lab import VIP_CIDR
from promises import Watched, nothing_changes


def two_links(lab):
    """A second address for heartbeats on every node, as a second network would give it."""
    text = config(lab)
    for node in lab.nodes:
        second = f"198.51.100.{node.number}"
        node.run("ip", "addr", "add", f"{second}/24", "dev", "eth0")
        text = text.replace(f'{{"{node.v4}"}}', f'{{"{node.v4}", "{second}"}}')
    return text


def link_states(agent):
    return [link["state"] for peer in agent.status()["peers"] for link in peer["links"]]


def case_a_dead_link_of_two_is_an_event_and_no_failover(lab):
    watched = Watched(lab, text=two_links(lab))
    backup = watched.backup
    lab.wait_for(lambda: link_states(backup) == ["up", "up"], 5, "both links are up")
    with nothing_changes(watched, log_lines_max=8) as since:
        for direction in ("input", "output"):
            lab.drop(watched.owner.host, direction, f"ip {'d' if direction == 'input' else 's'}addr "
                     f"{watched.owner.host.v4} udp dport 7411")
        lab.wait_log(r"event=link peer=\w+ link=0 state=down", backup.host, since)
        assert link_states(backup) == ["down", "up"]
        for direction in ("input", "output"):
            lab.undrop(watched.owner.host, direction)
        lab.wait_log(r"event=link peer=\w+ link=0 state=up", backup.host, since)


def case_a_stranger_that_answers_for_the_vip_is_an_alarm_and_moves_nothing(lab):
    watched = Watched(lab)
    roles = [agent.role() for agent in watched.pair.agents.values()]
    since = time.monotonic_ns()
    stranger = lab.add_host("stranger", 66)
    stranger.run("ip", "addr", "add", VIP_CIDR, "dev", "eth0")
    lab.wait_log(r"event=duplicate vip=mail .*two hosts answer", watched.backup.host, since, 10)
    stranger.run("ip", "addr", "del", VIP_CIDR, "dev", "eth0")
    assert [agent.role() for agent in watched.pair.agents.values()] == roles


def case_a_preferred_node_gets_it_back_only_when_told_and_after_its_time(lab):
    watched = Watched(lab, vip_more='failback = "auto"  failback_after = "1500ms"')
    preferred, second = (watched.pair.of(node) for node in lab.nodes)
    preferred.ctl("move", "mail")
    watched.answered_by(second.host)
    moved = time.monotonic_ns()
    line = lab.wait_log(r"event=role vip=mail from=ACTIVE to=BACKUP why=failback", second.host, moved, 10)
    assert line.at - moved >= 1_000_000_000, "it came back before its time"
    watched.answered_by(preferred.host)
    watched.assert_one_answer(moved)


def case_a_heartbeat_port_that_another_process_holds_is_told_once_and_until_it_is_free(lab):
    first = lab.nodes[0]
    holder = first.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind((first.v4, 7411))
    pair = Pair(lab, start=False)
    for agent in pair.agents.values():
        agent.start()
    agent, taken = pair.of(first), f"UDP port 7411 of {first.v4} is taken by another process: Address already in use"
    lab.wait_log(f"event=link peer={lab.nodes[1].name} link=0 state=no-port errno=98 words=\"{taken}", first)
    lab.wait_for(lambda: agent.status(), 3, "a status")
    lab.holds_for(lambda: len(lab.syslog.find("event=link .*state=no-port", first)) == 1, 1.5,
                  "told once, though it is tried again each second")
    link = agent.status()["peers"][0]["links"][0]
    assert link["state"] == "down" and link["reason"].startswith(taken), link
    assert taken in agent.ctl("status").stdout
    holder.close()
    lab.wait_log("event=link .*state=has-port", first)
    pair.settle()
    assert agent.status()["peers"][0]["links"][0]["reason"] == ""


def case_two_owners_do_not_answer_each_others_answers(lab):
    pair = Pair(lab, text=config(lab) + 'vip "web" { interface = "eth0"  address = {"192.0.2.51/24"}  prefer = {"cas2"} }\n')
    agents = list(pair.agents.values())

    def owners():
        return [[vip["role"] == "ACTIVE" for vip in agent.status()["vips"]] for agent in agents]
    lab.wait_for(lambda: all(sum(column) == 1 for column in zip(*owners())), 5, "each vip has one owner")
    if owners()[0] in ([True, True], [False, False]):
        next(agent for agent, owns in zip(agents, owners()) if owns[1]).ctl("move", "web")
    lab.wait_for(lambda: sorted(map(sorted, owners())) == [[False, True]] * 2, 5, "each node owns one vip")
    sent, since = agents[0].counters()["beats_sent"], time.monotonic()
    lab.wait_for(lambda: time.monotonic() >= since + 1, 5, "a second of beats")
    sent, beats = agents[0].counters()["beats_sent"] - sent, (time.monotonic() - since) * 10
    assert beats <= 2 * sent and sent <= 3 * beats, f"sent {sent} datagrams in {beats:.0f} beats: its own, and an answer each"
