"""casvipctl doctor: names, certificates and addresses that a configuration gets wrong are found before clients do."""
import ctypes
import socket
import threading

from agents import OWA_CHECK, RPC_CHECK, Casvip, config
from cases.same_certificate import CHECK, Servers
from doctor import CALM, examined, found, ids, only
from promises import Watched
from services import Owa

TIME_ERROR = 5  # adjtimex(2)
STA_UNSYNC = 0x40
RESOLVES = 'check "name" {{ type = "dns"  name = "{}"  server = "127.0.0.1:53" }}\n'
# A CARP advertisement as ucarp sends it: version 2, type 1, id 50, skew, 7 words, depth 2, base 1; then counter and HMAC.
CARP = bytes([0x21, 50, 0, 7, 2, 1]) + bytes(2) + bytes(28)


def case_doctor_finds_a_name_that_is_a_servers(lab):
    agent = Casvip(lab.nodes[0], config(lab, checks=RESOLVES.format("cas1.example.net")))
    found(agent, "array-is-server", "cas1.example.net, by which clients are to reach vip mail", "node cas1")
    agent.configure(config(lab, checks=RESOLVES.format("outlook.example.net")))
    assert not {"array-is-server", "array-is-namespace"} & set(ids(examined(agent)))


def case_doctor_finds_an_array_that_has_the_name_of_owa(lab):
    checks = OWA_CHECK + RPC_CHECK
    agent = Casvip(lab.nodes[0], config(lab, checks=checks + RESOLVES.format("mail.example.net")))
    found(agent, "array-is-namespace", "mail.example.net is the name of the client access array and of OWA alike",
          "Set-ClientAccessArray -Fqdn NAME")
    agent.configure(config(lab, checks=checks + RESOLVES.format("outlook.example.net")))
    assert "array-is-namespace" not in ids(examined(agent))


def case_doctor_finds_a_file_that_the_checks_need(lab):
    agent = Casvip(lab.nodes[0], config(lab, checks=OWA_CHECK))
    found(agent, "check-file", "/run/casvip/ca.pem", "put the file there")


def case_doctor_finds_that_the_file_is_of_other_hosts(lab):
    text = config(lab)
    for node in lab.nodes:
        text = text.replace(f'"{node.name}"', f'"other{node.number}"').replace(node.v4, f"198.51.100.{node.number}")
    agent = Casvip(lab.nodes[0], text)
    found(agent, "no-node", "casvipd would not start", 'node "cas1" { address =')


def case_doctor_finds_a_vip_that_lies_in_no_network(lab):
    agent = Casvip(lab.nodes[0], config(lab, addresses=("203.0.113.50/24",)))
    found(agent, "vip-in-no-network", "203.0.113.50/24 of vip mail lies in no network of eth0")


def case_doctor_finds_settings_that_two_cards_in_one_network_do_not_suit(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    host = agent.host
    host.run("sh", "-ec", "echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_filter")
    assert not {"rp-filter", "arp-filter"} & set(ids(examined(agent))), "it has one card"
    host.run("sh", "-ec", "ip link add eth1 type veth peer name eth2; ip addr add 192.0.2.21/24 dev eth1; ip link set eth1 up")
    found(agent, "rp-filter", "2 cards lie in its network", "net.ipv4.conf.eth0.rp_filter=2")
    found(agent, "arp-filter", "only the way back answers", "net.ipv4.conf.eth0.arp_filter=0")


def case_doctor_finds_another_certificate_on_the_other_node(lab):
    Servers(lab)
    watched = Watched(lab, checks=CHECK % "", heartbeat=CALM)
    for agent, peer in ((watched.owner, watched.backup), (watched.backup, watched.owner)):
        lab.wait_for(lambda: agent.vip().get("certificate_differs"), 20, f"{agent.host.name} sees that they differ")
        found(agent, "certificate-differs", f"another certificate on {peer.host.name}")


def case_doctor_finds_a_certificate_with_a_fault(lab):
    check = (CHECK % "").replace("mail.example.net", "other.example.net")
    agent = Casvip(lab.nodes[0], config(lab, checks=check, heartbeat=CALM))
    Owa(agent.host)
    agent.start()
    lab.wait_for(lambda: agent.check_states() == {"cert": "down"}, 10, "the check is down")
    found(agent, "certificate-bad", "check cert of vip mail finds fault", "casvipctl check cert")


def case_doctor_notes_who_speaks_carp(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    stranger = lab.add_host("stranger", 7)
    out = stranger.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(stranger.v4))
    total = sum(int.from_bytes(CARP[i:i + 2], "big") for i in range(0, len(CARP), 2))
    total = (total & 0xffff) + (total >> 16)
    packet = CARP[:6] + (~total & 0xffff).to_bytes(2, "big") + CARP[8:]
    over = threading.Event()

    def speaks():
        while not over.wait(0.1):
            out.sendto(packet, ("224.0.0.18", 0))
    thread = threading.Thread(target=speaks)
    thread.start()
    try:
        only(examined(agent, "-w", "1")["notes"], "carp", f"{stranger.v4}: id 50", "ucarp")
    finally:
        over.set()
        thread.join()
        out.close()


def case_doctor_says_of_the_clock_what_the_kernel_says(lab):
    """The kernel has one for all hosts of the lab, and it is not the lab's to plant anything in it."""
    state = (ctypes.c_long * 64)()  # struct timex: modes, offset, freq, maxerror, esterror, status, ...
    unsynchronised = ctypes.CDLL(None).adjtimex(state) == TIME_ERROR or (state[5] & 0xffffffff) & STA_UNSYNC
    said = examined(Casvip(lab.nodes[0], config(lab)))
    if unsynchronised:
        only(said["notes"], "clock-not-synchronised", "STA_UNSYNC", "chrony")
    else:
        assert "clock-not-synchronised" not in [note["id"] for note in said["notes"]], said["notes"]
