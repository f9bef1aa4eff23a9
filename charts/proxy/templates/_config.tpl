{{- /* sluice.yaml: the chart's part, with what the values say laid over it, as JSON (which YAML takes). */ -}}
{{- define "proxy.config" -}}
{{- $address := .Values.bindAddress | default (include "sluice.bindAddress" .) -}}
{{- $nats := dict "servers" (include "sluice.natsServers" . | fromJsonArray) "nkeySeedFile" "/etc/sluice/nats/seed" "inbox" "proxies" -}}
{{- if .Values.global.nats.caSecret }}{{ $_ := set $nats "tls" (dict "caFile" "/etc/sluice/nats/ca.crt") }}{{ end -}}
{{- $control := dict "nats" $nats "stateDirectory" "/var/lib/sluice/live" "ackKeyFile" "/etc/sluice/ack/key" -}}
{{- $own := dict "admin" (dict "bind" (printf "%s:%d" $address (int .Values.adminPort))) "zone" "${SLUICE_ZONE:}" "control" $control -}}
{{- $drain := dict "timeouts" (dict "drain" (printf "%ds" (int .Values.drainSeconds))) -}}
{{- $listeners := list (dict "name" "probe" "bind" (list (printf "%s:%d" $address (int .Values.probePort))) "timeouts" (dict "drain" "1s")) -}}
{{- $routes := prepend (.Values.config.routes | default list) (dict "name" "probe" "listeners" (list "probe") "match" (dict "protocol" "HTTP") "action" "Health") -}}
{{- range .Values.config.listeners }}{{ $listeners = append $listeners (mergeOverwrite (deepCopy $drain) .) }}{{ end -}}
{{- mergeOverwrite $own (deepCopy .Values.config) (dict "listeners" $listeners "routes" $routes) | toPrettyJson -}}
{{- end -}}
