{{- /* What all names of a release begin with. Short enough for the longest ending, and for a label. */ -}}
{{- define "sluice.prefix" -}}
{{- $override := .Values.global.nameOverride -}}
{{- if $override -}}
{{- $override -}}
{{- else if contains "sluice" .Release.Name -}}
{{- .Release.Name | trunc 36 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-sluice" (.Release.Name | trunc 29 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- /* The name of a part: list of the root and the part. */ -}}
{{- define "sluice.name" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" (include "sluice.prefix" $root) (index . 1) -}}
{{- end -}}

{{- /* An image: list of the root and `image` of the values. A digest counts more than a tag, a registry of its own more than ours. */ -}}
{{- define "sluice.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := $root.Values.global.image.registry -}}
{{- if and $registry (not (contains "." (first (splitList "/" $image.repository)))) }}{{ $registry }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}
