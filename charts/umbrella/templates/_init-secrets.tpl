{{- /* Arguments of `sluice-operator init-secrets`: what of this release is generated. */ -}}
{{- define "sluice.initSecretsArgs" -}}
- init-secrets
- --prefix={{ include "sluice.prefix" . }}
- --namespace={{ .Release.Namespace }}
- --timeout={{ .Values.initSecrets.timeoutSeconds }}
{{- if .Values.nats.enabled }}
- --nats
{{- end }}
{{- if .Values.stateService.enabled }}
- --state-service
{{- end }}
{{- if .Values.postgres.enabled }}
- --postgres-host={{ include "sluice.name" (list . "postgres") }}.{{ .Release.Namespace }}.svc
{{- end }}
{{- if and .Values.monitoring.enabled .Values.monitoring.grafana.enabled }}
- --grafana
{{- end }}
{{- end -}}

{{- /* The names of all Secrets that it may read: those it makes. */ -}}
{{- define "sluice.initSecretsNames" -}}
{{- $names := list "ack-key" -}}
{{- if .Values.nats.enabled }}{{ $names = concat $names (list "nats-proxy" "nats-state-service" "nats-operator" "nats-admin" "nats-keys") }}{{ end -}}
{{- if .Values.stateService.enabled }}{{ $names = concat $names (list "pepper" "admin-api-key" "operator-api-key") }}{{ end -}}
{{- if .Values.postgres.enabled }}{{ $names = append $names "postgres" }}{{ end -}}
{{- if and .Values.monitoring.enabled .Values.monitoring.grafana.enabled }}{{ $names = append $names "grafana" }}{{ end -}}
{{- $root := . -}}
{{- range $names }}
- {{ include "sluice.name" (list $root .) }}
{{- end }}
{{- end -}}

{{- define "sluice.initSecretsImage" -}}
{{- include "sluice.image" (list . .Values.initSecrets.image) -}}
{{- end -}}
