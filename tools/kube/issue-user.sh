#!/usr/bin/env bash
# Makes a user of a test control plane: issue-user.sh STATE-FOLDER NAME SUBJECT [EXTENSION...] writes NAME.crt and NAME.key, signed by
# the test CA, and NAME.kubeconfig, which needs no other file. The subject says who it is: /O=GROUP/CN=USER. Prints the kubeconfig.
set -o errexit -o nounset -o pipefail
umask 077

cd "$1"
name="$2" subject="$3"
extensions=(-addext 'basicConstraints=critical,CA:FALSE')
for extension in "${@:4}"; do extensions+=(-addext "$extension"); done
if (($# == 3)); then extensions+=(-addext extendedKeyUsage=clientAuth); fi

if ! log="$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3 -CA ca.crt -CAkey ca.key -subj "$subject" \
  -keyout "$name.key" -out "$name.crt" "${extensions[@]}" 2>&1)"; then
  printf 'issue-user.sh: no certificate for %s: %s\n' "$name" "$log" >&2
  exit 1
fi
cat >"$name.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "$(<server-url)", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $name, user: {client-certificate-data: $(base64 -w0 "$name.crt"), client-key-data: $(base64 -w0 "$name.key")}}]
contexts: [{name: test, context: {cluster: test, user: $name}}]
YAML
printf '%s\n' "$PWD/$name.kubeconfig"
