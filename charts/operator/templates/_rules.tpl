{{- /* What the operator does in the namespaces that it reads; docs/operator.md has the same as a table. */ -}}
{{- define "operator.rules" -}}
- apiGroups: [sluice.dev]
  resources: [proxyroutes, proxylisteners{{ if .Values.users.enabled }}, proxyusers{{ end }}]
  verbs: [list, watch]
- apiGroups: [sluice.dev]
  resources: [proxyroutes/status, proxylisteners/status{{ if .Values.users.enabled }}, proxyusers/status{{ end }}]
  verbs: [patch]
{{- if .Values.users.enabled }}
# Finalizers by server-side apply.
- apiGroups: [sluice.dev]
  resources: [proxyusers]
  verbs: [patch]
# One at a time, by the name that a ProxyUser has; never a list.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [referencegrants]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- /* What the Job behind an uninstallation does in the same namespaces. */ -}}
{{- define "operator.releaseUsersRules" -}}
- apiGroups: [sluice.dev]
  resources: [proxyusers]
  verbs: [list, patch]
{{- end -}}
