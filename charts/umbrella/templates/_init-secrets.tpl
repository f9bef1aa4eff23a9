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

{{- /* The operator's, unless the values name one. */ -}}
{{- define "sluice.initSecretsImage" -}}
{{- $image := pick .Values.initSecrets.image "repository" "tag" "digest" -}}
{{- if not (or $image.repository $image.tag $image.digest) -}}
{{- $image = (.Values.operator).image | default $image -}}
{{- end -}}
{{- include "sluice.image" (list . (merge (dict "repository" ($image.repository | default "sluice/operator")) $image)) -}}
{{- end -}}

{{- /* The pod of the Job, with its metadata. */ -}}
{{- define "sluice.initSecretsPod" -}}
metadata:
  labels: {{- include "sluice.podLabels" (list . "init-secrets") | nindent 4 }}
spec:
  restartPolicy: OnFailure
  enableServiceLinks: false
  serviceAccountName: {{ include "sluice.name" (list . "init-secrets") }}
  {{- include "sluice.pullSecrets" . | nindent 2 }}
  {{- include "sluice.scheduling" (list (dict "Values" .Values.initSecrets) "init-secrets") | nindent 2 }}
  securityContext: {{- include "sluice.podSecurity" (list . 65532) | nindent 4 }}
  containers:
    - name: init-secrets
      image: {{ include "sluice.initSecretsImage" . }}
      imagePullPolicy: {{ .Values.initSecrets.image.pullPolicy }}
      args: {{- include "sluice.initSecretsArgs" . | nindent 8 }}
      resources:
        requests: { cpu: 50m, memory: 96Mi }
        limits: { memory: 256Mi }
      securityContext: {{- include "sluice.containerSecurity" . | nindent 8 }}
{{- end -}}
