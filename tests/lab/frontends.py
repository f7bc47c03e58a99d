"""An RPC proxy, and the front ends that stand before one: HAProxy and nginx, each as it comes and tuned for the tunnel.

HAProxy as it comes holds back the end of each write for 200 ms, since more of the body may follow; there are five."""
import os
import signal

from services import answers

HERE = os.path.dirname(os.path.abspath(__file__))
PROXY_PORT = 7081
PORTS = {"haproxy": 7082, "haproxy-tuned": 7443, "nginx": 7083, "nginx-tuned": 7084}

HAPROXY = """defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend front
    bind 127.0.0.1:{haproxy}
    default_backend proxy
backend proxy
    server proxy 127.0.0.1:{proxy}
frontend tuned-front
    option http-no-delay
    bind 127.0.0.1:{haproxy_tuned} ssl crt {dir}/haproxy.pem
    default_backend tuned-proxy
backend tuned-proxy
    option http-no-delay
    server proxy 127.0.0.1:{proxy}
"""

NGINX = """daemon off;
master_process off;
pid {dir}/front-nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {dir}/front-body;
    proxy_temp_path {dir}/front-proxy;
    fastcgi_temp_path {dir}/front-fastcgi;
    uwsgi_temp_path {dir}/front-uwsgi;
    scgi_temp_path {dir}/front-scgi;
    server {{
        listen 127.0.0.1:{nginx};
        location / {{ proxy_pass http://127.0.0.1:{proxy}; }}
    }}
    server {{
        listen 127.0.0.1:{nginx_tuned};
        client_max_body_size 2g;
        proxy_request_buffering off;
        proxy_buffering off;
        proxy_http_version 1.1;
        location / {{ proxy_pass http://127.0.0.1:{proxy}; }}
    }}
}}
"""


class RpcProxy:
    """rpcproxy.py; its manner is a switch, not a restart."""

    def __init__(self, host):
        self.host, self.lab = host, host.lab
        self.be("well")
        self.start()

    def start(self):
        self.process = self.host.spawn("/usr/bin/python3", f"{HERE}/rpcproxy.py", "127.0.0.1", PROXY_PORT,
                                       "/run/casvip/rpcproxy-manner", name="rpcproxy")
        self.lab.wait_for(lambda: answers(self.host, PROXY_PORT), 5, f"the RPC proxy of {self.host.name} listens")

    def be(self, manner):
        self.host.write("rpcproxy-manner", manner)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def start_front_ends(host):
    """All of PORTS, before the RPC proxy. Needs the certificates of an Owa on the host."""
    words = {name.replace("-", "_"): port for name, port in PORTS.items()}
    words.update(proxy=PROXY_PORT, dir="/run/casvip")
    pem = [open(f"{host.run_dir}/{name}").read() for name in ("mail.pem", "mail.key")]
    host.write("haproxy.pem", "".join(pem))
    host.write("haproxy.cfg", HAPROXY.format(**words))
    host.write("front-nginx.conf", NGINX.format(**words))
    host.spawn("haproxy", "-db", "-f", "/run/casvip/haproxy.cfg")
    host.spawn("nginx", "-e", "stderr", "-p", "/run/casvip", "-c", "/run/casvip/front-nginx.conf", name="front-nginx")
    for name, port in PORTS.items():
        host.lab.wait_for(lambda: answers(host, port), 5, f"{name} listens")
