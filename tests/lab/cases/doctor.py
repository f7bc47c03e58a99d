"""casvipctl doctor: what bites people is found, with its fix, and nothing is found where nothing is wrong."""
import os

from agents import OWA_CHECK, Casvip, Keepalived, Pair, config
from doctor import CALM, examined, found, ids
from lab import VIP, VIP6, VIP6_CIDR
from services import Owa


def case_doctor_finds_nothing_on_a_clean_pair(lab):
    def clean(agent):
        """Its report; none yet while the machine was too busy for an agent's turn, which is a finding that is true."""
        said = examined(agent, "-w", "1")
        assert set(ids(said)) <= {"beats-late"}, said["findings"]
        return None if said["findings"] else said
    pair = Pair(lab, heartbeat=CALM)
    for agent in pair.agents.values():
        said = lab.wait_for(lambda: clean(agent), 20, f"doctor finds nothing on {agent.host.name}")
        assert {"single-link", "no-witness"} <= {note["id"] for note in said["notes"]}, said["notes"]
    def screen():
        return agent.host.run("/run/build/casvipctl", "doctor", "-f", "/run/casvip/casvip.conf", check=False).stdout
    shown = lab.wait_for(lambda: next((text for text in [screen()] if "nothing to mend; notes " in text), None), 20,
                         "doctor's screen says that there is nothing to mend")
    assert "note: single-link: " in shown, shown


def case_doctor_without_an_agent_says_what_it_could_not_look_at(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    said = examined(agent)
    assert not said["findings"], said["findings"]
    assert any(skip["what"].startswith("what the agent knows") and "casvipd does not run here" in skip["why"]
               for skip in said["skipped"]), said["skipped"]
    agent.configure(agent.text.replace("prefer", "perfer"))
    finding = found(agent, "config-file", "perfer", "casvipd -t -f /run/casvip/casvip.conf")
    assert finding["severity"] == "error", finding


def case_doctor_finds_what_is_wrong_with_the_host(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    host = agent.host
    host.write("cluster.key", "x", 0o644)
    found(agent, "key-file", "chmod 0600")
    os.chmod(f"{host.run_dir}/cluster.key", 0o600)
    found(agent, "key-file", "cluster.key:1")
    host.run("sh", "-c", "echo 8 >/proc/sys/net/ipv4/conf/eth0/arp_ignore; echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6")
    found(agent, "arp-ignore", "is 8 on eth0", "net.ipv4.conf.eth0.arp_ignore=0")
    found(agent, "ipv6-disabled")
    host.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/eth0/arp_ignore; ip addr del 192.0.2.1/24 dev eth0;"
             "ip addr add 192.0.2.1/25 dev eth0")
    assert "arp-ignore" not in ids(examined(agent))
    found(agent, "prefix-differs", "192.0.2.50/24 in the file, 192.0.2.1/25 on eth0", '{"192.0.2.50/25"}')
    host.run("ip", "addr", "del", "192.0.2.1/25", "dev", "eth0")
    agent.configure(agent.text.replace('"eth0"', '"eth7"'))
    found(agent, "no-interface", "eth7")


def case_doctor_finds_the_firewall_that_drops_heartbeats(lab):
    pair = Pair(lab, heartbeat=CALM)
    here, there = (pair.of(node) for node in lab.nodes)
    here.host.run("nft", "-f", "-", text_in="""table inet mine {
        chain in { type filter hook input priority 0; policy drop; iif lo accept; icmp type echo-request accept; }
    }\n""")
    found(here, "firewall-input", "chain in: its policy is drop", f"udp from {there.host.v4} to {here.host.v4} port 7411",
          f"nft insert rule inet mine in ip saddr {there.host.v4} udp dport 7411 accept")
    lab.wait_for(lambda: "peer-silent" in ids(examined(here)), 10, "the agent hears nothing")
    lab.wait_for(lambda: "link-one-way" in ids(examined(there)), 10, "the other agent is not heard")
    found(there, "link-one-way", f"{here.host.name} does not hear this host",
          f"nft insert rule inet filter input ip saddr {there.host.v4} udp dport 7411 accept")
    fix = next(f["fix"] for f in examined(here)["findings"] if f["id"] == "firewall-input")
    here.host.run("sh", "-c", fix.split(",")[0])
    lab.wait_for(lambda: not ids(examined(here)), 20, "its own fix mends it")
    here.host.run("nft", "-f", "-", text_in="""table inet mine {
        chain out { type filter hook output priority 0; udp dport 7411 drop; }
    }\n""")
    found(here, "firewall-output", f"heartbeats to {there.host.name}", "chain out, rule with handle")


def case_doctor_finds_who_else_believes_that_the_addresses_are_his(lab):
    agent = Casvip(lab.nodes[0], config(lab))
    host = agent.host
    number = host.run("cat", "/sys/class/net/eth0/ifindex").stdout.strip()
    host.write("10-lan.network", "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\n")
    host.write("interfaces", f"auto eth0\niface eth0 inet static\n  address {host.v4}/24\n  up ip addr add {VIP} dev eth0\n")
    tell = f"""
        mkdir -p /run/systemd/netif/links /run/NetworkManager/devices /run/casvip/network
        printf 'ADMIN_STATE=configured\\nNETWORK_FILE=/run/casvip/10-lan.network\\n' >/run/systemd/netif/links/{number}
        printf '[device]\\nmanaged=true\\n' >/run/NetworkManager/devices/{number}
        cp /run/casvip/interfaces /run/casvip/network/ && mount --bind /run/casvip/network /etc/network"""
    assert not ids(examined(agent)), examined(agent)
    host.run("sh", "-ec", tell)
    assert sorted(ids(examined(agent))) == ["networkd", "networkmanager", "vip-configured"], examined(agent)
    found(agent, "networkd", "/run/casvip/10-lan.network has no KeepConfiguration=static")
    found(agent, "vip-configured", "/etc/network/interfaces:4 names it")
    host.write("keep.conf", "[Network]\nKeepConfiguration=static\n")
    host.run("sh", "-ec", f"echo 'NETWORK_FILE_DROPINS=\"/run/casvip/keep.conf\"' >>/run/systemd/netif/links/{number};"
             f"rm /run/NetworkManager/devices/{number}; umount /etc/network")
    assert not ids(examined(agent)), examined(agent)


def case_doctor_finds_services_that_do_not_answer_at_the_vip(lab):
    agent = Casvip(lab.nodes[0], config(lab, checks="""check "www" { type = "tcp"  connect = "127.0.0.1:8080" }\n"""))
    host = agent.host
    found(agent, "nothing-listens", "port 8080", "check www of vip mail")
    for bind, name in (("127.0.0.1", "not-on-vip"), ("0.0.0.0", "not-on-vip"), ("::", None)):
        family = "AF_INET6" if ":" in bind else "AF_INET"
        server = host.spawn("/usr/bin/python3", "-c", f"import socket, time; s = socket.socket(socket.{family});"
                            f"s.setsockopt(1, 2, 1); s.bind(('{bind}', 8080)); s.listen(); time.sleep(60)", name="server")
        lab.wait_for(lambda: ids(examined(agent)) == ([name] if name else []), 10, f"what listens on {bind} is {name}")
        server.kill()
        server.wait()
    host.run("ip", "addr", "add", f"{VIP}/24", "dev", "eth0")
    host.spawn("/usr/bin/python3", "-c", f"import socket, time; s = socket.socket(); s.bind(('{VIP}', 8080));"
               "s.listen(); time.sleep(60)", name="server")
    agent.configure(agent.text.replace(f', "{VIP6_CIDR}"', ""))
    lab.wait_for(lambda: ids(examined(agent)) == ["bound-to-vip"], 10, "what listens on the vip alone is told")
    host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind")
    assert not ids(examined(agent)), examined(agent)


def case_doctor_finds_who_else_speaks_for_the_vip(lab):
    pair = Pair(lab, heartbeat=CALM)
    stranger = lab.add_host("stranger", 7)
    keepalived = Keepalived(stranger)
    stranger.run("nft", "-f", "-", text_in="""table arp quiet {
        chain drops { type filter hook output priority 0; drop; }
    }\n""")  # it speaks VRRP for the vip, and takes nobody's clients
    keepalived.start()
    lab.wait_for(lambda: keepalived.state() == "MASTER", 10, "the other agent believes that it owns the vip")
    found(pair.backup(), "vrrp-has-vip", f"an advertisement of {stranger.v4}: router id 50, priority 95",
          arguments=("-w", "3"))
    keepalived.process.terminate()
    keepalived.process.wait()
    lab.wait_for(lambda: not stranger.has(VIP), 5, "the other agent has gone")
    stranger.run("nft", "delete", "table", "arp", "quiet")
    stranger.run("ip", "addr", "add", f"{VIP}/24", "dev", "eth0")
    for agent in (pair.owner(), pair.backup()):
        found(agent, "duplicate", stranger.mac, arguments=("-w", "1"))


def case_doctor_finds_names_that_do_not_lead_to_the_vip(lab):
    check = 'check "name" { type = "dns"  name = "mail.example.net"  server = "127.0.0.1:53" }\n'
    agent = Casvip(lab.nodes[0], config(lab, checks=check))
    host = agent.host
    for name in ("hosts", "resolv.conf"):
        host.write(name, "nameserver 127.0.0.1\n" if name == "resolv.conf" else "")
        host.run("mount", "--bind", f"/run/casvip/{name}", f"/etc/{name}")

    def resolves_to(*addresses):
        with open(f"{host.run_dir}/hosts", "w") as file:
            file.writelines(f"{address} mail.example.net\n" for address in addresses)
    said = examined(agent)
    assert not said["findings"] and any(skip["what"] == "names in DNS" for skip in said["skipped"]), said
    resolves_to(VIP, VIP6)
    said = examined(agent)
    assert not said["findings"] and not any(skip["what"] == "names in DNS" for skip in said["skipped"]), said
    resolves_to(VIP, "192.0.2.9")
    found(agent, "name-also-elsewhere", "resolves to 192.0.2.9 as well", f"mail.example.net. 300 IN A {VIP}")
    resolves_to(host.v4)
    found(agent, "name-elsewhere", f"resolves to {host.v4}")
    resolves_to()
    host.spawn("dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--local=/example.net/", "--conf-file=/dev/null",
               "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--pid-file=")
    lab.wait_for(lambda: ids(examined(agent)) == ["name-unknown"], 10, "a name that nobody knows is told")


def case_doctor_finds_names_that_the_certificate_is_not_for(lab):
    other = OWA_CHECK.replace('"owa" {', '"other" {').replace("mail.example.net", "autodiscover.example.net")
    agent = Casvip(lab.nodes[0], config(lab, checks=OWA_CHECK))
    Owa(agent.host)
    assert not ids(examined(agent)), examined(agent)
    agent.configure(config(lab, checks=OWA_CHECK + other))
    found(agent, "certificate-lacks-name", "autodiscover.example.net", "127.0.0.1:443 shows one for mail.example.net",
          "subjectAltName DNS:autodiscover.example.net")
