"""Connects with Python's ssl module: tls-client.py PORT NAME FORM, where FORM is default, tls12 or alpn; NAME "-": no SNI."""

import socket
import ssl
import sys

port, name, form = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if form == "tls12":
    context.maximum_version = ssl.TLSVersion.TLSv1_2
if form == "alpn":
    context.set_alpn_protocols(["h2", "http/1.1"])
with socket.create_connection(("127.0.0.1", port)) as connection:
    context.wrap_socket(connection, server_hostname=None if name == "-" else name)
