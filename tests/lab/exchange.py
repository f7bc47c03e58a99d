"""An Exchange-style host's HTTP services: nginx that asks for a password and answers with what such hosts were seen to
answer, the same on ports where something is wrong with it, and HAProxy in front of nobody."""
import os
import signal

from host import run
from services import NAME, answers, make_certificates

USER, PASSWORD = f"probe@{NAME}", " pass word #1 "
OPENED = bytes(8) + bytes.fromhex("60ea000006000000102700000000")
TAGS = b"PROCESSING\r\nDONE\r\nX-ElapsedTime: 0\r\n\r\n"
PAGES = {  # the healthy bodies
    "ews": b'<m:GetFolderResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>',
    "autodiscover": b"<Account><AccountType>email</AccountType><Action>settings</Action></Account>",
    "echo": bytes.fromhex("0500140310000000140000000000000040000000"),
    "activesync": b"", "oab": b"<html></html>", "ecp": b"<html></html>", "owa": b"<html></html>",
    "mapi-connect": TAGS + OPENED, "mapi-ping": TAGS, "mapi-disconnect": TAGS + bytes(8), "mapi-refused": b"<html></html>",
}
WHERE = {  # the path of each check's url, as casvip.conf(5) gives it
    "owa": "/owa/", "ecp": "/ecp/", "ews": "/EWS/Exchange.asmx", "autodiscover": "/Autodiscover/Autodiscover.xml",
    "activesync": "/Microsoft-Server-ActiveSync", "oab": "/OAB/", "mapi": f"/mapi/emsmdb/?MailboxId=x@{NAME}",
    "outlook-anywhere": "/rpc/rpcproxy.dll?cas1.example.net:6001",
}
# Ports where something is wrong, beside 443 where nothing is.
EXPIRED, OTHER_NAME, SELF_SIGNED = 8441, 8442, 8444
NO_CHALLENGE, PLAIN_PAGE, FORBIDDEN, FAILED, SMALL, NGINX_DEAD, HAPROXY_DEAD = 8401, 8200, 8403, 8500, 8413, 8502, 8503

TLS_SERVER = """
    server {{
        listen {port} ssl;
        ssl_certificate {dir}/{certificate}.pem;
        ssl_certificate_key {dir}/{certificate}.key;
        auth_basic "mail";
        auth_basic_user_file {dir}/htpasswd;
        location ~* ^/[a-z-]+/healthcheck.htm$ {{ auth_basic off; return 200 "200 OK<br/>{host}.{name}"; }}
        location /owa/ {{ proxy_pass http://127.0.0.1:8080/owa; }}
        location /ecp/ {{ proxy_pass http://127.0.0.1:8080/ecp; }}
        location = /EWS/Exchange.asmx {{ proxy_pass http://127.0.0.1:8080/ews; }}
        location = /Autodiscover/Autodiscover.xml {{ proxy_pass http://127.0.0.1:8080/autodiscover; }}
        location = /Microsoft-Server-ActiveSync {{ proxy_pass http://127.0.0.1:8080/activesync; }}
        location /OAB/ {{ proxy_pass http://127.0.0.1:8080/oab; }}
        location /mapi/emsmdb/ {{ proxy_pass http://127.0.0.1:8080/mapi-$mapi; }}
        location = /rpc/rpcproxy.dll {{ proxy_pass http://127.0.0.1:8080/echo; }}
    }}"""
PLAIN_SERVER = """
    server {{ listen {port}; location / {{ {what} }} }}"""
NGINX = """daemon off;
master_process off;
pid {dir}/exchange.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/exchange-body;
    proxy_temp_path {dir}/exchange-proxy;
    fastcgi_temp_path {dir}/exchange-fastcgi;
    uwsgi_temp_path {dir}/exchange-uwsgi;
    scgi_temp_path {dir}/exchange-scgi;
    proxy_method GET;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    map "$http_x_requesttype:$http_cookie" $mapi {{
        default refused;
        "Connect:" connect;
        "PING:sid=A; sequence=1" ping;
        "Disconnect:sid=A; sequence=2" disconnect;
    }}
    map $uri $code {{ default ""; "/mapi-refused" 6; ~^/mapi- 0; }}
    map $uri $versions {{ default ""; "/activesync" "2.5,12.0,12.1,14.0,14.1"; }}
    map $uri $sid {{ default ""; "/mapi-connect" "sid=A; path=/mapi"; }}
    map $uri $sequence {{ default ""; "/mapi-connect" "sequence=1"; "/mapi-ping" "sequence=2"; }}
    server {{
        listen 127.0.0.1:8080;
        root {dir}/pages;
        add_header X-ResponseCode $code;
        add_header MS-ASProtocolVersions $versions;
        add_header Set-Cookie $sid;
        add_header Set-Cookie $sequence;
    }}{servers}
}}
"""
HAPROXY = """defaults
    mode http
    retries 0
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend mail
    bind 127.0.0.1:{port}
    default_backend dead
backend dead
    server dead 127.0.0.1:7001
"""
PLAIN = {NO_CHALLENGE: "return 401;", PLAIN_PAGE: 'return 200 "<html>It works!</html>";', FORBIDDEN: "return 403;",
         FAILED: "return 500;", SMALL: "return 413;", NGINX_DEAD: "proxy_pass http://127.0.0.1:7001;"}
CERTIFICATES = {443: "mail", EXPIRED: "expired", OTHER_NAME: "other", SELF_SIGNED: "self"}


def _make_bad_certificates(directory):
    """One that has expired and one for another name, from the lab's CA; and one from nobody."""
    for file, name, more in (("expired", NAME, ["-days", "-1"]), ("other", "other.example.net", ["-days", "30"])):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{directory}/{file}.key", "-out", f"{directory}/{file}.csr")
        run("openssl", "x509", "-req", "-in", f"{directory}/{file}.csr", "-CA", f"{directory}/ca.pem", "-CAkey",
            f"{directory}/ca.key", "-copy_extensions", "copyall", "-out", f"{directory}/{file}.pem", *more)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
        "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", f"{directory}/self.key",
        "-out", f"{directory}/self.pem")


class Exchange:
    """nginx on 443 and on the ports above. The password is a file that it reads with each request."""

    def __init__(self, host):
        self.host, self.lab = host, host.lab
        certificates = f"{self.lab.dir}/exchange-certificates"
        if not os.path.isdir(certificates):
            os.mkdir(certificates)
            make_certificates(certificates)
            _make_bad_certificates(certificates)
        for name in ["ca.pem", *(f"{file}.{kind}" for file in CERTIFICATES.values() for kind in ("pem", "key"))]:
            with open(f"{certificates}/{name}") as file:
                host.write(name, file.read())
        os.mkdir(f"{host.run_dir}/pages")
        for name, body in PAGES.items():
            with open(f"{host.run_dir}/pages/{name}", "wb") as file:
                file.write(body)
        self.take_password(PASSWORD)
        self.give_password(PASSWORD)
        servers = "".join(TLS_SERVER.format(dir="/run/casvip", port=port, certificate=certificate, name=NAME,
                                            host=host.name.upper())
                          for port, certificate in CERTIFICATES.items())
        servers += "".join(PLAIN_SERVER.format(port=port, what=what) for port, what in PLAIN.items())
        host.write("exchange.conf", NGINX.format(dir="/run/casvip", servers=servers))
        host.write("haproxy.cfg", HAPROXY.format(port=HAPROXY_DEAD))
        self.process = host.spawn("nginx", "-e", "stderr", "-p", "/run/casvip", "-c", "/run/casvip/exchange.conf",
                                  name="exchange")
        self.balancer = host.spawn("haproxy", "-db", "-f", "/run/casvip/haproxy.cfg")
        for port in (443, HAPROXY_DEAD):
            self.lab.wait_for(lambda: answers(host, port), 5, f"port {port} of {host.name} listens")

    def take_password(self, password):
        """What the server takes from now on."""
        self.host.write("htpasswd", f"{USER}:{{PLAIN}}{password}\n")

    def give_password(self, password, mode=0o600):
        """What the checks are given at their next start."""
        self.host.write("probe.cred", f"# of the lab\nuser = {USER}\npassword = {password}\n", mode)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def asks(kind, port=443, credentials=False, more=""):
    """A check of this kind that does not wait long."""
    url = f"{'https' if port in CERTIFICATES else 'http'}://{NAME}{WHERE[kind]}"
    words = f'type = "{kind}"  url = "{url}"  connect = "127.0.0.1:{port}"  {more}'
    if port in CERTIFICATES:
        words += '  ca_file = "/run/casvip/ca.pem"'
    if credentials:
        words += '  credentials = "/run/casvip/probe.cred"'
    if "timeout" not in more:
        words += '  timeout = "700ms"'
    name = f"{kind}-{port}{'-known' if credentials else ''}{'-session' if 'session' in more else ''}"
    return f'check "{name}" {{ {words} }}\n'
