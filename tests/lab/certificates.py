"""Certificates in every condition, made by openssl: one CA, an intermediate, and leaves that are good or bad in one way."""
import datetime
import os

from host import run
from services import NAME

CONF = """[ca]
default_ca = lab
[lab]
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _date(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


class Authority:
    """Its files stand in a directory of the lab; leaf() gives a certificate and a key, as texts."""

    def __init__(self, directory):
        self.dir = directory
        os.makedirs(directory)
        for name, text in (("index.txt", ""), ("ca.cnf", CONF.format(dir=directory))):
            with open(f"{directory}/{name}", "w") as file:
                file.write(text)
        run("openssl", "req", "-x509", *EC, "-days", "30", "-subj", "/CN=casvip lab CA",
            "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))
        self._make("intermediate", "casvip lab intermediate", "basicConstraints=critical,CA:TRUE", "ca")

    def path(self, name):
        return f"{self.dir}/{name}"

    def text(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def _make(self, name, subject, extensions, issuer, begins=-1, ends=30, key=EC, digest="sha256"):
        with open(self.path(f"{name}.ext"), "w") as file:
            file.write(extensions.replace("; ", "\n") + "\n")
        run("openssl", "req", "-new", *key, "-subj", f"/CN={subject}", "-keyout", self.path(f"{name}.key"),
            "-out", self.path(f"{name}.csr"))
        run("openssl", "ca", "-batch", "-notext", "-config", self.path("ca.cnf"), "-md", digest,
            "-cert", self.path(f"{issuer}.pem"), "-keyfile", self.path(f"{issuer}.key"),
            "-startdate", _date(begins), "-enddate", _date(ends), "-extfile", self.path(f"{name}.ext"),
            "-in", self.path(f"{name}.csr"), "-out", self.path(f"{name}.pem"))

    def leaf(self, name, names=(NAME,), more="extendedKeyUsage=serverAuth", issuer="ca", chain="", **options):
        """`names` are DNS names; `chain` is appended, as a server would send it."""
        extensions = "basicConstraints=critical,CA:FALSE; " + more
        if names:
            extensions += "; subjectAltName=" + ",".join(f"DNS:{dns}" for dns in names)
        self._make(name, NAME, extensions, issuer, **options)
        return self.text(f"{name}.pem") + (self.text(f"{chain}.pem") if chain else ""), self.text(f"{name}.key")

    def self_signed(self, name):
        run("openssl", "req", "-x509", *EC, "-days", "30", "-subj", f"/CN={NAME}", "-addext",
            f"subjectAltName=DNS:{NAME}", "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem"))
        return self.text(f"{name}.pem"), self.text(f"{name}.key")


def give(host, name, pair):
    """The host sees them as /run/casvip/NAME.pem and NAME.key."""
    host.write(f"{name}.pem", pair[0])
    host.write(f"{name}.key", pair[1])
