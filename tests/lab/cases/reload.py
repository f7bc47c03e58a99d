"""A reload applies the difference and touches nothing else: vips, nodes and links come and go under traffic."""
import time

import majority
from agents import Casvip, Pair, config
from edits import Torture, second_interface
from lab import VIP, VIP_CIDR
from majority import THREE, among
from promises import BUSY_MS, DEAD_MS, LATE_MS, Watched, nothing_changes

SHOP = "192.0.2.60"
OFTEN_ENOUGH = {"interval_us": 2000}  # several vips are watched at once here
RELOADED, REFUSED = "event=config state=reloaded", "event=config state=refused"


def another(name="shop", address=SHOP, interface="eth0", more=""):
    return f'vip "{name}" {{ interface = "{interface}"  address = {{"{address}/24"}} {more} }}\n'


def reload(agent, text):
    """The new file applied; the line that says what changed."""
    since = time.monotonic_ns()
    agent.configure(text)
    said = agent.ctl("reload", check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    return agent.lab.wait_log(RELOADED, agent.host, since).text


def refused(agent, text):
    """All the reasons, as whoever ordered it reads them."""
    agent.configure(text)
    said = agent.ctl("reload", check=False)
    assert said.returncode != 0, said.stdout
    return said.stdout + said.stderr


def vips(agent):
    return {vip["name"]: vip for vip in (agent.status() or {"vips": []})["vips"]}


def owners(pair, name):
    return [agent for agent in pair.agents.values() if vips(agent).get(name, {}).get("role") == "ACTIVE"]


def wait_same(lab, agents):
    lab.wait_for(lambda: all(peer["config_matches"] for agent in agents for peer in agent.status()["peers"]), 5,
                 "all run the same configuration")


def case_a_reload_adds_a_vip_that_is_served_and_no_other_blinks(lab):
    watched = Watched(lab)
    pair = watched.pair
    with nothing_changes_but(watched, "shop") as since:
        for agent in pair.agents.values():  # in front of the one that is there: places in the file change
            said = reload(agent, pair.text.replace('vip "mail"', another() + 'vip "mail"'))
            assert "added=vip:shop removed=none changed=none" in said, said
        eye = lab.watch(SHOP, **OFTEN_ENOUGH)
        lab.wait_for(eye.who, 5, "the new vip is answered")
        lab.wait_for(lambda: len(owners(pair, "shop")) == 1, 5, "it has one owner")
        assert eye.view(since).two == 0
        wait_same(lab, pair.agents.values())


def nothing_changes_but(watched, name):
    """nothing_changes(), of all that the pair had before."""
    return Untouched(watched, name)


class Untouched:
    def __init__(self, watched, name):
        self.watched, self.name = watched, name

    def mail(self):
        return {name: (vips(agent)["mail"]["role"], vips(agent)["mail"]["term"], vips(agent)["mail"]["since_ms"] >= 0)
                for name, agent in self.watched.pair.agents.items()}

    def __enter__(self):
        self.since, self.before = time.monotonic_ns(), self.mail()
        return self.since

    def __exit__(self, kind, *_):
        if kind:
            return
        assert self.mail() == self.before, f"{self.before} became {self.mail()}"
        moved = self.watched.lab.syslog.find("event=role vip=mail", since=self.since)
        assert not moved, f"role changed: {moved[0].text}"
        self.watched.assert_one_answer(self.since)
        self.watched.assert_dark_at_most(self.since, BUSY_MS)
        self.watched.assert_silent(self.watched.backup.host, self.since)


def case_a_reload_hands_over_a_vip_that_it_removes_and_leaves_nothing_of_it(lab):
    watched = Watched(lab, text=config(lab) + another())
    pair = watched.pair
    lab.wait_for(lambda: len(owners(pair, "shop")) == 1, 5, "the second vip has one owner")
    owner, = owners(pair, "shop")
    other = pair.of(lab.other(owner.host))
    eye = lab.watch(SHOP, **OFTEN_ENOUGH)
    lab.wait_for(lambda: eye.who() == {owner.host.name}, 5, "its owner answers")
    with nothing_changes_but(watched, "shop") as since:
        assert "removed=vip:shop" in reload(owner, config(lab))
        lab.wait_for(lambda: eye.who() == {other.host.name}, 5, "the node that still has it took over")
        view = eye.view(since)
        assert view.two == 0 and view.dark_ms < BUSY_MS, f"{view.two} {view.dark_ms:.1f}"
        assert "why=yielded" in lab.wait_log("event=role vip=shop from=BACKUP to=ACTIVE", other.host, since).text
        reload(other, config(lab))
        for agent in pair.agents.values():
            assert not agent.host.has(SHOP) and "shop" not in vips(agent)
        wait_same(lab, pair.agents.values())
        # Nothing guards the address any more: whoever puts it up is answered for.
        other.host.run("ip", "addr", "add", f"{SHOP}/32", "dev", "eth0")
        lab.wait_for(lambda: eye.who() == {other.host.name}, 5, "the fence has forgotten the address")


def case_a_vip_that_is_removed_and_added_again_is_served_again(lab):
    watched = Watched(lab)
    pair = watched.pair
    eye = lab.watch(SHOP, **OFTEN_ENOUGH)
    with nothing_changes_but(watched, "shop") as since:
        for _ in range(3):
            for agent in pair.agents.values():
                reload(agent, pair.text + another())
            lab.wait_for(eye.who, 5, "it is answered")
            for agent in pair.agents.values():
                reload(agent, pair.text)
            lab.wait_for(lambda: not eye.who(), 5, "it is answered no more")
        assert eye.view(since).two == 0


def case_an_address_that_changes_to_a_new_vip_is_never_answered_twice(lab):
    text = config(lab, addresses=(VIP_CIDR, f"{SHOP}/24"))
    pair = Pair(lab, text=text)
    eyes = [lab.watch(VIP, **OFTEN_ENOUGH), lab.watch(SHOP, **OFTEN_ENOUGH)]
    owner = pair.owner().host.name
    lab.wait_for(lambda: all(eye.who() == {owner} for eye in eyes), 5, "the owner answers")
    since = time.monotonic_ns()
    for agent in pair.agents.values():
        said = reload(agent, config(lab, addresses=(VIP_CIDR,)) + another())
        assert f"added=vip:shop removed=address:mail/{SHOP}/24" in said, said
    lab.wait_for(lambda: len(owners(pair, "shop")) == 1 and eyes[1].who(), 5, "the new vip is answered")
    assert eyes[1].view(since).two == 0
    assert eyes[0].view(since).dark_ms < BUSY_MS and eyes[0].view(since).answerers == {owner}


def case_a_vip_that_changes_its_interface_goes_there_without_two_answers(lab):
    text = config(lab) + another()
    watched = Watched(lab, text=text)
    pair = watched.pair
    for node in lab.nodes:
        second_interface(node)
    eye = lab.watch(SHOP, **OFTEN_ENOUGH)
    lab.wait_for(eye.who, 5, "it is answered")
    with nothing_changes_but(watched, "shop") as since:
        for agent in pair.agents.values():
            assert "changed=interface:shop" in reload(agent, text.replace(another(), another(interface="eth1")))
        lab.wait_for(lambda: len(owners(pair, "shop")) == 1, 5, "it has one owner")
        host = owners(pair, "shop")[0].host
        lab.wait_for(lambda: f" {SHOP}/" in host.run("ip", "-o", "addr", "show", "dev", "eth1").stdout, 5,
                     "its address is on the other interface")
        assert not any(node.has(SHOP) for node in lab.nodes), "left on the old interface"
        lab.wait_for(eye.who, 5, "it is answered again")
        moves = sorted(eye.view(since).changes)  # one MAC after the other, never back to one that was left
        assert [who for _, _, who in moves] == list(dict.fromkeys(who for _, _, who in moves)), moves


def case_what_needs_a_restart_is_refused_with_every_reason(lab):
    watched = Watched(lab)
    text = watched.pair.text
    with nothing_changes(watched, log_lines_max=16):
        said = refused(watched.owner, text.replace('interval = "100ms"', 'interval = "200ms" port = 7412')
                       .replace('cluster = "lab"', 'cluster = "bal"').replace('node "cas1"', 'node "cas7"', 1)
                       .replace('prefer = {"cas1"', 'prefer = {"cas7"'))
        for reason in ("cluster's name", "interval", "port", "node 1 was cas1 and is cas7"):
            assert reason in said, f"{reason!r} is not in {said!r}"
        assert "needs a restart" in said
        first, second = (f'node "{node.name}" {{ address = {{"{node.v4}"}} }}\n' for node in lab.nodes)
        assert "needs a restart" in refused(watched.backup, text.replace(first + second, second + first))


def start_some(lab, text, nodes):
    """casvipd on these nodes only, settled. All agents by name, and who owns."""
    agents = {node.name: Casvip(node, text) for node in lab.nodes}
    for node in nodes:
        agents[node.name].start()
    running = [agents[node.name] for node in nodes]
    lab.wait_for(lambda: all(agent.ready() for agent in running) and
                 [agent.role() for agent in running].count("ACTIVE") == 1, 10, "one owner, and all hear each other")
    return agents, next(agent for agent in running if agent.role() == "ACTIVE")


@among(THREE)
def case_a_node_comes_and_goes_at_the_end_of_the_file_and_nothing_blinks(lab):
    two, three = config(lab, nodes=lab.nodes[:2]), config(lab)
    agents, owner = start_some(lab, two, lab.nodes[:2])
    eye = lab.watch(**OFTEN_ENOUGH)
    lab.wait_for(lambda: eye.who() == {owner.host.name}, 5, "the owner answers")
    since = time.monotonic_ns()
    for node in lab.nodes[:2]:
        assert "added=node:cas3" in reload(agents[node.name], three)
    agents["cas3"].configure(three)
    agents["cas3"].start()
    lab.wait_for(lambda: all(agent.ready() for agent in agents.values()), 5, "the third node is one of them")
    wait_same(lab, agents.values())
    owner.ctl("move", "mail", "cas3")
    lab.wait_for(lambda: eye.who() == {"cas3"}, 5, "the third node owns it")
    assert "node cas3 owns vip mail" in refused(agents["cas1"], two)
    lab.holds_for(lambda: eye.who() <= {"cas3"}, 0.1, "there")  # there and back at once would look like two answers
    agents["cas3"].stop()
    lab.wait_for(lambda: eye.who() & {"cas1", "cas2"}, 5, "another owns it")
    for node in lab.nodes[:2]:
        assert "removed=node:cas3" in reload(agents[node.name], two)
        assert len(agents[node.name].status()["peers"]) == 1
    view = eye.view(since)
    assert view.two == 0
    assert view.dark_ms < BUSY_MS, f"dark for {view.dark_ms:.1f} ms"


@among(majority.FIVE[:4])
def case_majority_one_node_at_a_time_comes_and_goes_and_nothing_blinks(lab):
    text = majority.config(lab)
    fourth = f'node "cas4" {{ address = {{"{lab.nodes[3].v4}"}} }}\n'
    three = text.replace(fourth, "").replace(', "cas4"', "")
    agents, owner = start_some(lab, three, lab.nodes[:3])
    eye = lab.watch(**OFTEN_ENOUGH)
    lab.wait_for(lambda: eye.who() == {owner.host.name}, 5, "the owner answers")
    since = time.monotonic_ns()
    straggler = next(agent for agent in agents.values() if agent is not owner and agent.process)
    for node in lab.nodes[:3]:
        if agents[node.name] is not straggler:
            reload(agents[node.name], text)
    fifth = text.replace(fourth, fourth + 'node "cas5" { address = {"192.0.2.55"} }\n')
    words = refused(owner, fifth)
    assert f"node {straggler.host.name} runs another configuration" in words and "cas4 is not heard" in words, words
    reload(straggler, text)
    agents["cas4"].configure(text)
    agents["cas4"].start()
    lab.wait_for(lambda: all(agent.ready() for agent in agents.values()), 5, "the fourth node is one of them")
    agents["cas4"].kill()
    assert "cas4" not in reload(owner, text), "nothing changed"
    for node in lab.nodes[:3]:
        reload(agents[node.name], three)
    view = eye.view(since)
    assert view.answerers == {owner.host.name} and view.two == 0
    assert view.dark_ms < BUSY_MS, f"dark for {view.dark_ms:.1f} ms"
    at = owner.kill()
    lab.wait_for(lambda: eye.who() and eye.who() != {owner.host.name}, 5, "the three go on without the owner")
    assert eye.view(at).dark_ms < DEAD_MS + LATE_MS


def with_second_links(lab):
    text = config(lab)
    for node in lab.nodes:
        node.run("ip", "addr", "add", f"198.51.100.{node.number}/24", "dev", "eth0")
        text = text.replace(f'{{"{node.v4}"}}', f'{{"{node.v4}", "198.51.100.{node.number}"}}')
    return text


def case_a_link_comes_and_goes_and_the_others_stay_up(lab):
    watched = Watched(lab)
    pair = watched.pair
    one, two = pair.text, with_second_links(lab)

    def links():
        return [[link["state"] for link in agent.status()["peers"][0]["links"]] for agent in pair.agents.values()]
    with nothing_changes(watched, log_lines_max=24) as since:
        for agent in pair.agents.values():
            assert "added=link:cas1/198.51.100.1,link:cas2/198.51.100.2" in reload(agent, two)
        lab.wait_for(lambda: links() == [["up", "up"]] * 2, 5, "both links are up")
        for agent in pair.agents.values():
            assert "removed=link:cas1/198.51.100.1,link:cas2/198.51.100.2" in reload(agent, one)
        assert links() == [["up"]] * 2
        down = lab.syslog.find("event=link peer=.* link=0", since=since) + lab.syslog.find("event=peer", since=since)
        assert not down, down[0].text


def case_an_only_link_that_changes_is_a_cut_until_both_have_reloaded_and_nothing_moves(lab):
    watched = Watched(lab)
    pair = watched.pair
    other = with_second_links(lab)
    for node in lab.nodes:
        other = other.replace(f'"{node.v4}", ', "")
    since = time.monotonic_ns()
    reload(watched.owner, other)
    lab.wait_log("event=peer .*state=dead", watched.backup.host, since)
    lab.wait_log("event=suspect", watched.backup.host, since)
    reload(watched.backup, other)
    lab.wait_for(pair.settled, 5, "the pair is settled again")
    assert pair.owner() is watched.owner
    watched.assert_one_answer(since)
    watched.assert_dark_at_most(since, BUSY_MS)


def case_reloads_that_overlap_are_all_answered(lab):
    watched = Watched(lab)
    with nothing_changes(watched, log_lines_max=24):
        for _ in range(5):
            watched.owner.reload()
        said = watched.owner.ctl("reload")
        assert said.stdout == "reloaded\n", said.stdout


def case_random_edits_leave_what_they_do_not_concern_alone(lab, edits=20, seed=20):
    torture = Torture(lab, seed)
    before = [files for files, _ in torture.rest()]
    for _ in range(edits):
        torture.step()
    assert [files for files, _ in torture.rest()] == before, "descriptors"
    assert torture.dark_ms <= BUSY_MS, f"dark for {torture.dark_ms:.1f} ms"
    assert torture.refused and torture.done


def case_an_address_that_changes_its_vip_is_answered_by_one_node_while_their_files_differ(lab):
    passes_once(lab, another("post", "192.0.2.61"), takers_apart=True)


def case_vips_that_are_merged_are_answered_by_one_node_while_the_files_differ(lab):
    passes_once(lab, "", takers_apart=False)


def passes_once(lab, post, takers_apart):
    """192.0.2.77 passes from post to shop; the nodes reload one after the other, who is to get it first."""
    def with_it(vip):
        return vip.replace('/24"', '/24", "192.0.2.77/24"')
    old = config(lab) + with_it(another("post", "192.0.2.61")) + another()
    pair = Pair(lab, old)
    lab.wait_for(lambda: owners(pair, "post") and owners(pair, "shop"), 5, "every vip has an owner")
    if (owners(pair, "shop") != owners(pair, "post")) != takers_apart:
        owners(pair, "shop")[0].ctl("move", "shop")
    eye = lab.watch("192.0.2.77", **OFTEN_ENOUGH)
    lab.wait_for(eye.who, 5, "it is answered")
    since, first = time.monotonic_ns(), owners(pair, "shop")[0]
    for agent in [first] + [agent for agent in pair.agents.values() if agent is not first]:
        reload(agent, config(lab) + post + with_it(another()))
        time.sleep(1)
    wait_same(lab, pair.agents.values())
    lab.wait_for(lambda: eye.who() == {owners(pair, "shop")[0].host.name}, 5, "its new vip's owner answers")
    assert eye.view(since).two == 0, eye.view(since).two
