{{- /* Parts of NetworkPolicies: who is meant, and the flows that several parts have. */ -}}

{{- /* One part of this release: list of the root and the part. */ -}}
{{- define "sluice.peer" -}}
- podSelector:
    matchLabels: {{- include "sluice.selector" . | nindent 6 }}
{{- end -}}

{{- /* Proxies with the network of their nodes: no policy selects them by their labels. */ -}}
{{- define "sluice.nodePeers" -}}
{{- range .Values.global.networkPolicy.nodes }}
- ipBlock: { cidr: {{ . | quote }} }
{{- end }}
{{- end -}}

{{- define "sluice.egressToNats" -}}
{{- if .Values.global.nats.servers -}}
- ports:
    {{- range .Values.global.nats.servers }}
    - { protocol: TCP, port: {{ regexFind ":[0-9]+$" . | trimPrefix ":" | default "4222" }} }
    {{- end }}
  {{- with .Values.global.networkPolicy.natsPeers }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- else -}}
- ports: [{ protocol: TCP, port: 4222 }]
  to: {{- include "sluice.peer" (list . "nats") | nindent 4 }}
{{- end -}}
{{- end -}}

{{- /* A policy cannot name the API server, only its addresses. */ -}}
{{- define "sluice.egressToApiServer" -}}
- ports:
    {{- range .Values.global.networkPolicy.apiServer.ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  to:
    {{- range .Values.global.networkPolicy.apiServer.cidrs }}
    - ipBlock: { cidr: {{ . | quote }} }
    {{- end }}
{{- end -}}

{{- /* Who reads /metrics: Prometheus of this release, and those that the values name. List of the root and the port. */ -}}
{{- define "sluice.ingressFromMonitoring" -}}
{{- $root := index . 0 -}}
- ports: [{ protocol: TCP, port: {{ index . 1 }} }]
  from:
    {{- include "sluice.peer" (list $root "prometheus") | nindent 4 }}
    {{- with $root.Values.global.networkPolicy.monitoringPeers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
