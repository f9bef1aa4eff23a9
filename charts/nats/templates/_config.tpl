{{- /* nats-server.conf; deploy/nats/nats-server.conf is the same for a machine of one's own. */ -}}
{{- define "nats.config" -}}
{{- $root := . -}}
server_name: $POD_NAME
listen: "{{ include "sluice.bindAddress" . }}:4222"
http: "{{ include "sluice.bindAddress" . }}:8222"

jetstream {
  store_dir: /data
  max_mem: 256MB
  max_file: {{ .Values.persistence.maxStore }}
}
{{- if .Values.tlsSecret }}

tls {
  cert_file: /etc/nats/tls/tls.crt
  key_file: /etc/nats/tls/tls.key
}
{{- end }}
{{- if gt (int .Values.global.nats.replicas) 1 }}

cluster {
  name: sluice
  listen: "{{ include "sluice.bindAddress" . }}:6222"
  routes: [
    {{- range $index := until (int .Values.global.nats.replicas) }}
    "nats://{{ include "sluice.name" (list $root "nats") }}-{{ $index }}.{{ include "sluice.name" (list $root "nats-headless") }}:6222"
    {{- end }}
  ]
}
{{- end }}

accounts {
  SLUICE {
    jetstream: enabled
    include "./users.conf"
  }
}
{{- end -}}
