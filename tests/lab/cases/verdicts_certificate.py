"""What the checks say of certificates in every condition, and of a connection that takes too long."""
from certificates import Authority, give
from host import run
from services import NAME, Owa, answers
from verdicts import Table, check, look

NGINX = """daemon off;
master_process off;
pid /run/casvip/certificates.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path /run/casvip/tmp-body;
    proxy_temp_path /run/casvip/tmp-proxy;
    fastcgi_temp_path /run/casvip/tmp-fastcgi;
    uwsgi_temp_path /run/casvip/tmp-uwsgi;
    scgi_temp_path /run/casvip/tmp-scgi;
    {servers}
}}
"""
SERVER = "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {name}.pem; ssl_certificate_key {name}.key; }}\n"
RSA = ("-newkey", "rsa:1024", "-nodes")


def certificate(name, port, more=""):
    return check("certificate", name, f'connect = "127.0.0.1:{port}"  host = "{NAME}"  '
                 f'ca_file = "/run/casvip/ca.pem"  {more}')


def case_each_certificate_has_its_verdict(lab):
    host = lab.nodes[0]
    authority = Authority(f"{lab.dir}/authority")
    leaf, up = authority.leaf, ("up", "ok")
    other = Authority(f"{lab.dir}/other")
    conditions = {
        "good": (leaf("good"), up),
        "expired": (leaf("expired", begins=-40, ends=-2), ("down", "cert-expired")),
        "not-yet": (leaf("not-yet", begins=2), ("down", "cert-not-yet-valid")),
        "near-expiry": (leaf("near-expiry", ends=20), ("up", "warn-expiry")),
        "wrong-name": (leaf("wrong-name", names=("other.example.net",)), ("down", "cert-name")),
        "wildcard": (leaf("wildcard", names=("*.example.net",)), up),
        "wildcard-too-high": (leaf("wildcard-too-high", names=("*.net",)), ("down", "cert-name")),
        "cn-only": (leaf("cn-only", names=()), ("down", "cert-no-san")),
        "chain": (leaf("chain", issuer="intermediate", chain="intermediate"), up),
        "missing-intermediate": (leaf("missing-intermediate", issuer="intermediate"), ("down", "cert-issuer")),
        "self-signed": (authority.self_signed("self-signed"), ("down", "cert-self-signed")),
        "stranger": (other.leaf("stranger"), ("down", "cert-issuer")),
        "for-clients": (leaf("for-clients", more="extendedKeyUsage=clientAuth"), ("up", "warn-usage")),
    }
    host.write("ca.pem", authority.text("ca.pem"))
    servers, wanted = "", {}
    for port, (name, (pair, outcome)) in enumerate(conditions.items(), 7201):
        give(host, name, pair)
        servers += SERVER.format(port=port, name=f"/run/casvip/{name}")
        wanted[certificate(name, port)] = outcome
    names = 'names = {"autodiscover.example.net"}'
    port = 7201 + list(conditions).index("good")
    wanted[certificate("further-name", port, names)] = ("up", "warn-name")
    wanted[certificate("early-warning", port, 'warn_before = "1000h"')] = ("up", "warn-expiry")
    port = 7201 + list(conditions).index("wildcard")
    wanted[certificate("further-name-covered", port, names)] = up
    wanted[certificate("refused", 7200)] = ("down", "refused")
    # What nginx does not load, or not speak.
    weak = {"weak-key": ("up", "warn-key"), "weak-signature": ("up", "warn-signature"),
            "old-tls": ("up", "warn-protocol")}
    give(host, "weak-key", leaf("weak-key", key=RSA))
    give(host, "weak-signature", leaf("weak-signature", digest="sha1"))
    give(host, "old-tls", leaf("old-tls"))
    for port, name in enumerate(weak, 7301):
        host.spawn("openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cipher", "DEFAULT@SECLEVEL=0",
                   "-cert", f"/run/casvip/{name}.pem", "-key", f"/run/casvip/{name}.key",
                   *(["-tls1_1"] if name == "old-tls" else []), name=name)
        lab.wait_for(lambda: answers(host, port), 5, f"the server of {name} listens")
        wanted[certificate(name, port)] = weak[name]
    host.write("certificates.conf", NGINX.format(servers=servers))
    host.spawn("nginx", "-e", "stderr", "-p", "/run/casvip", "-c", "/run/casvip/certificates.conf")
    lab.wait_for(lambda: answers(host, 7201), 5, "nginx listens")
    table = Table(host)
    table.expect("a condition each", wanted)
    table.hold()
    said = run("openssl", "x509", "-in", authority.path("good.pem"), "-noout", "-fingerprint", "-sha256").stdout
    thumbprint = said.split("=")[1].strip().replace(":", "").lower()
    words = look(host, certificate("good", 7201))["good"].words
    assert words.endswith(f"sha256 {thumbprint}"), words


def case_a_connection_that_takes_too_long_is_slow(lab):
    host = lab.nodes[0]
    Owa(host)
    latency = 'check "latency" { type = "latency"  connect = "127.0.0.1:443"  limit = "500ms"  timeout = "4s" }\n'
    table = Table(host)
    table.expect("nothing", {latency: ("up", "ok")})
    # The first SYN is lost, and sent again a second later.
    lab.drop(host, "input", "tcp dport 443 tcp flags & (syn | ack) == syn numgen inc mod 2 0")
    table.expect("a lost packet", {latency: ("down", "slow")})
    table.hold()
