"""Sends a browser's hello as curl_cffi (PyPI) imitates it: impersonate.py PORT NAME BROWSER."""

import sys

from curl_cffi import CurlOpt, requests

port, name, browser = sys.argv[1], sys.argv[2], sys.argv[3]
session = requests.Session(curl_options={CurlOpt.RESOLVE: [f"{name}:{port}:127.0.0.1"]})
session.get(f"https://{name}:{port}/", impersonate=browser, verify=False, timeout=5)
