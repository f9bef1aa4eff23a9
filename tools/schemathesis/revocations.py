"""Revocations of API keys: aims some at keys made for it, and leaves out those of the key they are sent with."""

import os

import schemathesis

OWN_KEY_ID = os.environ["SLUICE_OWN_KEY_ID"]
# Drawn ids and versions fit a key by chance alone.
spare_key_ids = os.environ["SLUICE_SPARE_KEY_IDS"].split(",")


def is_revocation(case):
    return case.method.upper() == "DELETE" and case.operation.path == "/v1/api-keys/{id}"


@schemathesis.hook
def filter_case(context, case):
    """Every request after the revocation of the run's own key would be refused."""
    return not (is_revocation(case) and (case.path_parameters or {}).get("id") == OWN_KEY_ID)


@schemathesis.hook
def before_call(context, case, **kwargs):
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if is_revocation(case) and fits and spare_key_ids:
        case.path_parameters["id"] = spare_key_ids.pop()
        case.headers["If-Match"] = "*"
