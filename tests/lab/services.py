"""The real services of a Client Access host: nginx with TLS as OWA, Samba's endpoint mapper with EMSMDB behind it."""
import os
import signal
import socket

from host import run

NAME = "mail.example.net"
HEALTH_URL = f"https://{NAME}/owa/healthcheck.htm"

NGINX = """daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    log_format times "$status $msec $request_time";
    access_log {log};
    client_body_temp_path {dir}/tmp-body;
    proxy_temp_path {dir}/tmp-proxy;
    fastcgi_temp_path {dir}/tmp-fastcgi;
    uwsgi_temp_path {dir}/tmp-uwsgi;
    scgi_temp_path {dir}/tmp-scgi;
    server {{
        listen 443 ssl;
        listen [::]:443 ssl;
        listen 80;
        server_name {name};
        ssl_certificate {dir}/mail.pem;
        ssl_certificate_key {dir}/mail.key;
        default_type text/html;
        if (-f {dir}/owa-503) {{ return 503; }}
        location = /owa/healthcheck.htm {{ return 200 "200 OK<br/>{host}.example.net"; }}
        location /owa/ {{ return 302 "https://{name}/owa/auth/logon.aspx?url=https%3a%2f%2f{name}%2fowa%2f&reason=0"; }}
    }}
}}
"""

SAMBA = """[global]
    server role = standalone server
    interfaces = 127.0.0.1
    bind interfaces only = yes
    disable netbios = yes
    rpc start on demand helpers = no
    load printers = no
    private dir = {dir}/private
    lock directory = {dir}/lock
    state directory = {dir}/state
    cache directory = {dir}/cache
    pid directory = {dir}/pid
    ncalrpc dir = {dir}/ncalrpc
    log file = {dir}/log/log.%m
"""
INTERFACES = {  # how Samba's mapper names each (it drops the minor version, 81), and the port it has on Exchange
    "emsmdb": ("a4f1db00-ca47-1067-b31f-00dd010662da/0x00000000", 6001),
    "rfri": ("1544f5e0-613c-11d1-93df-00c04fd7bd09/0x00000001", 6002),
    "nspi": ("f5cc5a18-4264-101a-8c59-08002b2f8426/0x00000038", 6004),
}


def make_certificates(directory):
    """A CA of the lab's own and a certificate for the name, as ca.pem, mail.pem and mail.key."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
    run("openssl", "req", "-x509", *key, "-subj", "/CN=casvip lab CA", "-keyout", f"{directory}/ca.key",
        "-out", f"{directory}/ca.pem")
    run("openssl", "req", "-x509", *key, "-subj", f"/CN={NAME}", "-CA", f"{directory}/ca.pem",
        "-CAkey", f"{directory}/ca.key", "-addext", f"subjectAltName=DNS:{NAME}",
        "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", f"{directory}/mail.key",
        "-out", f"{directory}/mail.pem")


def answers(host, port):
    with host.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.settimeout(1)
        return tcp.connect_ex(("127.0.0.1", port)) == 0


def escaped(*texts):
    """As tdbtool wants octets."""
    return "".join("".join(f"\\{byte:02x}" for byte in text.encode()) + "\\00" for text in texts)


def certify(host):
    """Gives it the lab's certificate and its CA."""
    certificates = f"{host.lab.dir}/certificates"
    if not os.path.isdir(certificates):
        os.mkdir(certificates)
        make_certificates(certificates)
    for name in ("ca.pem", "mail.pem", "mail.key"):
        with open(f"{certificates}/{name}") as file:
            host.write(name, file.read())


class Owa:
    """nginx; 503 is a switch, not a reload. With `logs` it notes when each request came."""

    def __init__(self, host, logs=False):
        self.host, self.lab = host, host.lab
        self.flag = f"{host.run_dir}/owa-503"
        certify(host)
        log = "/run/casvip/requests.txt times" if logs else "off"
        host.write("nginx.conf", NGINX.format(dir="/run/casvip", name=NAME, host=host.name.upper(), log=log))
        self.start()

    def start(self):
        self.process = self.host.spawn("nginx", "-e", "stderr", "-p", "/run/casvip", "-c", "/run/casvip/nginx.conf")
        self.lab.wait_for(lambda: answers(self.host, 443), 5, f"nginx of {self.host.name} listens")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def answer_503(self, on):
        if on:
            self.host.write("owa-503", "")
        elif os.path.exists(self.flag):
            os.unlink(self.flag)

    def first_503(self, since):
        """When the first request came that was answered so, by time.time() as `since`; None: none since then."""
        with open(f"{self.host.run_dir}/requests.txt") as file:
            requests = [line.split() for line in file]
        return min((float(end) - float(took) for status, end, took in requests
                    if status == "503" and float(end) >= since), default=None)


class Rpc:
    """samba-dcerpcd on 135 with the interfaces registered at their ports, and a DCE/RPC server behind each."""

    def __init__(self, host, interfaces=("emsmdb",)):
        self.host, self.lab, self.interfaces = host, host.lab, interfaces
        self.dir = f"{host.run_dir}/samba"
        for name in ("private", "lock", "state", "cache", "pid", "ncalrpc", "log"):
            os.makedirs(f"{self.dir}/{name}")
        host.write("smb.conf", SAMBA.format(dir="/run/casvip/samba"))
        self.mapper, self.servers = None, {}
        self.start()

    def start(self):
        self.mapper = self.host.spawn("/usr/libexec/samba/samba-dcerpcd", "--configfile=/run/casvip/smb.conf",
                                      "--libexec-rpcds", "-F", "--debug-stdout", "-d1")
        self.lab.wait_for(lambda: answers(self.host, 135), 10, f"endpoint mapper of {self.host.name} listens")
        for interface in self.interfaces:
            self.register(interface)
            self.start_server(interface)

    @property
    def server(self):
        return self.servers["emsmdb"]

    def start_server(self, interface="emsmdb"):
        here, port = os.path.dirname(os.path.abspath(__file__)), INTERFACES[interface][1]
        self.servers[interface] = self.host.spawn("/usr/bin/python3", f"{here}/interface.py", "127.0.0.1", port,
                                                  interface, name=interface)
        self.lab.wait_for(lambda: answers(self.host, port), 5, f"{interface} of {self.host.name} listens")

    def register(self, interface="emsmdb", port=None, protocols=("ncacn_ip_tcp", "ncacn_http")):
        key, usual = INTERFACES[interface]
        run("tdbtool", f"{self.dir}/lock/epmdb.tdb", "store", escaped(key),
            escaped(interface, *(f"{protocol}:[{port or usual}]" for protocol in protocols)))

    def unregister(self, interface):
        run("tdbtool", f"{self.dir}/lock/epmdb.tdb", "delete", escaped(INTERFACES[interface][0]))

    def stop_server(self, interface="emsmdb"):
        """What is registered stays; nobody is behind it any more."""
        self.servers[interface].send_signal(signal.SIGKILL)
        self.servers[interface].wait()
