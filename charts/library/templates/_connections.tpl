{{- /* Where NATS is, as a JSON list: servers of others, or of this release. */ -}}
{{- define "sluice.natsServers" -}}
{{- $own := printf "%s://%s.%s.svc:4222" (ternary "tls" "nats" (ne .Values.global.nats.caSecret "")) (include "sluice.name" (list . "nats")) .Release.Namespace -}}
{{- .Values.global.nats.servers | default (list $own) | toJson -}}
{{- end -}}

{{- /* The Secret with the NKey seed of a role, under the key `seed`: list of the root, the role and the name given in the values. */ -}}
{{- define "sluice.natsSeedSecret" -}}
{{- index . 2 | default (include "sluice.name" (list (index . 0) (printf "nats-%s" (index . 1)))) -}}
{{- end -}}

{{- /* What servers are bound on; IPv6 in brackets, a port is put behind it. */ -}}
{{- define "sluice.bindAddress" -}}
{{- .Values.global.bindAddress | default "0.0.0.0" -}}
{{- end -}}

{{- /* What a client of NATS mounts at /etc/sluice/nats: its seed and the authority: as `natsSeedSecret`. */ -}}
{{- define "sluice.natsVolume" -}}
{{- $root := index . 0 -}}
- name: nats
  projected:
    defaultMode: 0440
    sources:
      - secret: { name: {{ include "sluice.natsSeedSecret" . | quote }} }
      {{- with $root.Values.global.nats.caSecret }}
      - secret: { name: {{ . | quote }}, items: [{ key: ca.crt, path: ca.crt }] }
      {{- end }}
{{- end -}}

{{- define "sluice.ackKeySecret" -}}
{{- .Values.global.ackKeySecret | default (include "sluice.name" (list . "ack-key")) -}}
{{- end -}}

{{- define "sluice.operatorKeySecret" -}}
{{- .Values.global.stateService.operatorKeySecret | default (include "sluice.name" (list . "operator-api-key")) -}}
{{- end -}}

{{- define "sluice.stateServiceUrl" -}}
{{- $scheme := ternary "https" "http" (ne .Values.global.stateService.tlsSecret "") -}}
{{- .Values.global.stateService.url | default (printf "%s://%s.%s.svc:9910" $scheme (include "sluice.name" (list . "state-service")) .Release.Namespace) -}}
{{- end -}}
