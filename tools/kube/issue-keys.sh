#!/usr/bin/env bash
# Makes the keys of a test control plane: issue-keys.sh STATE-FOLDER, in which the file server-url says where it will listen. A CA, the
# server's certificate, the key of the ServiceAccount tokens, and the users admin, kube-controller-manager, kube-scheduler, kwok.
set -o errexit -o nounset -o pipefail
umask 077

issueUser="$(dirname "${BASH_SOURCE[0]}")/issue-user.sh"
issueUser="$(realpath "$issueUser")"
readonly serviceAddress=10.96.0.1
cd "$1"

{
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3 -subj /CN=test-ca -keyout ca.key -out ca.crt
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out serviceaccount.key
  openssl pkey -in serviceaccount.key -pubout -out serviceaccount.pub
} 2>openssl.log
names="subjectAltName=IP:127.0.0.1,IP:$serviceAddress,DNS:localhost,DNS:kubernetes.default.svc"
{
  "$issueUser" . server /CN=kube-apiserver extendedKeyUsage=serverAuth "$names"
  "$issueUser" . admin /O=system:masters/CN=admin
  "$issueUser" . kube-controller-manager /CN=system:kube-controller-manager
  "$issueUser" . kube-scheduler /CN=system:kube-scheduler
  "$issueUser" . kwok /O=system:masters/CN=kwok
} >/dev/null
