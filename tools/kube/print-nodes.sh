#!/usr/bin/env bash
# Prints what a test control plane needs before it can take pods, as JSON lines: print-nodes.sh COUNT fake nodes, each in a zone of its
# own, and the default storage class, whose volumes the fake kubelet makes (stages.yaml).
set -o errexit -o nounset -o pipefail

for ((i = 1; i <= $1; i++)); do
  printf '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-%d", "annotations": {"kwok.x-k8s.io/node": "fake"}, ' "$i"
  printf '"labels": {"kubernetes.io/hostname": "node-%d", "topology.kubernetes.io/zone": "zone-%d"}}}\n' "$i" "$i"
done
printf '{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "fake-kubelet/volume", "metadata": {"name": "fake", '
printf '"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}\n'
