# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake Kubernetes as kubectl sees it: a client that nobody here has written, beside that of kubernetes.core."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import trustme
from fakes.kubernetes import FakeKubernetes
from fakes.openapi import assert_published

# Each with what kubectl says. The second version of a Secret is never the first one.
STALE = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vonage", "resourceVersion": "1"}}
STEPS: list[tuple[str, str, str]] = [
    ("create secret generic vonage --from-literal=a=b", "", "secret/vonage created"),
    ("create secret generic vonage --from-literal=a=b", "", 'secrets "vonage" already exists'),
    ("get secret vonage -o jsonpath={.data.a}", "", "Yg=="),
    ('patch secret vonage --type=merge -p {"stringData":{"c":"d"}}', "", "secret/vonage patched"),
    ('patch secret vonage -p {"metadata":{"resourceVersion":"1"}}', "", "(Conflict)"),
    ("replace --validate=false -f -", json.dumps(STALE), "(Conflict)"),
    ("get secret nowhere", "", "(NotFound)"),
    ("--token wrong get secret vonage", "", "You must be logged in"),
]


@pytest.mark.full
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl, which Debian has as kubernetes-client")
def test_kubectl_reads_and_writes_secrets(tmp_path: Path) -> None:
    certificate, pem = trustme.CA().issue_cert("127.0.0.1"), tmp_path / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    fake = FakeKubernetes("sms", tls_cert=str(pem))
    config = fake.write_kubeconfig(tmp_path / "kubeconfig", namespace="sms")
    with fake:
        for arguments, stdin, expected in STEPS:
            command = ["kubectl", "--kubeconfig", config, "--cache-dir", str(tmp_path / "cache"), *arguments.split()]
            run = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
            assert expected in run.stdout + run.stderr, arguments
        assert fake.secret("sms", "vonage") == {"a": "b", "c": "d"}
    assert_published(fake.exchanged)
