{{- /* Whether an object of a kind of the Prometheus Operator is made: list of the root and Auto, Always or Never. */ -}}
{{- define "monitoring.wanted" -}}
{{- $root := index . 0 -}}
{{- $choice := index . 1 -}}
{{- if or (eq $choice "Always") (and (eq $choice "Auto") ($root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) -}}yes{{- end -}}
{{- end -}}
