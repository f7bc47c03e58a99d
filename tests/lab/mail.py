"""The mail servers of a host: Dovecot for IMAP and POP3, Exim for SMTP. Each speaks TLS with /run/casvip/mail.pem, and
lets USER log on with PASSWORD."""
import signal

from services import NAME, answers

USER, PASSWORD = "probe@example.net", 's3"cr\\et'

DOVECOT = """protocols = imap pop3
base_dir = /run/casvip/dovecot
state_dir = /run/casvip/dovecot
log_path = /dev/stderr
listen = 127.0.0.1
ssl = {tls}
ssl_cert = </run/casvip/mail.pem
ssl_key = </run/casvip/mail.key
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/tmp
}}
mail_location = maildir:/run/casvip/maildir
"""

EXIM = """primary_hostname = {name}
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
local_interfaces = 127.0.0.1
spool_directory = /run/casvip/exim
log_file_path = syslog
pid_file_path = /run/casvip/exim/pid
tls_advertise_hosts = {tls}
tls_certificate = /run/casvip/mail.pem
tls_privatekey = /run/casvip/mail.key
host_lookup =
rfc1413_hosts =
keep_environment =
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{${{readfile{{/run/casvip/exim.password}}}}}}}}}}}}
"""


class Server:
    """A server of several processes, ended and frozen as one."""
    programs, port = (), 0

    def __init__(self, host, tls=True):
        self.host = host
        self.configure(tls)
        self.start()

    def start(self):
        self.spawn()
        self.host.lab.wait_for(lambda: answers(self.host, self.port), 10, f"{self.programs[0]} listens")

    def restart(self, tls=True):
        self.kill()
        self.configure(tls)
        self.start()

    def signal(self, number):
        for program in self.programs:
            self.host.signal(number, program)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.host.lab.wait_for(lambda: not any(self.host.pids(program) for program in self.programs), 5,
                               f"{self.programs[0]} is dead")


class Dovecot(Server):
    programs, port = ("dovecot", "imap-login", "pop3-login", "anvil", "log", "stats", "config"), 143

    def configure(self, tls):
        self.host.write("dovecot.conf", DOVECOT.format(tls="yes" if tls else "no", password=PASSWORD))
        self.host.run("install", "-d", "-o", "65534", "-g", "65534", "-m", "700", "/run/casvip/maildir")

    def spawn(self):
        self.process = self.host.spawn("dovecot", "-F", "-c", "/run/casvip/dovecot.conf")


class Exim(Server):
    programs, port = ("exim4",), 25

    def configure(self, tls):
        self.host.run("install", "-d", "-o", "Debian-exim", "-g", "Debian-exim", "/run/casvip/exim")
        self.host.write("exim.conf", EXIM.format(name=NAME, tls="*" if tls else "", user=USER))
        self.host.write("exim.password", PASSWORD)

    def spawn(self):
        self.process = self.host.spawn("exim4", "-bdf", "-C", "/run/casvip/exim.conf")
