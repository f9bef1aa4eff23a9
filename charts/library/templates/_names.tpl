{{- /* What all names of a release begin with. Short enough for the longest ending, and for a label. Releases may have dots, Services none. */ -}}
{{- define "sluice.prefix" -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- if .Values.global.nameOverride -}}
{{- .Values.global.nameOverride -}}
{{- else if contains "sluice" $release -}}
{{- $release | trunc 36 | trimAll "-" -}}
{{- else -}}
{{- printf "%s-sluice" ($release | trunc 29 | trimAll "-") -}}
{{- end -}}
{{- end -}}

{{- /* The name of a part: list of the root and the part. */ -}}
{{- define "sluice.name" -}}
{{- $root := index . 0 -}}
{{- printf "%s-%s" (include "sluice.prefix" $root) (index . 1) -}}
{{- end -}}

{{- /* The name of an object that no namespace holds: list of the root and the part. No namespace has a dot, so no two releases have one name. */ -}}
{{- define "sluice.clusterName" -}}
{{- printf "%s.%s" (index . 0).Release.Namespace (include "sluice.name" .) -}}
{{- end -}}

{{- /* An image: list of the root and `image` of the values. A digest counts more than a tag, a registry of its own more than ours. */ -}}
{{- define "sluice.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := $root.Values.global.image.registry -}}
{{- if and $registry (not (regexMatch "^[^/]*[.:][^/]*/" $image.repository)) }}{{ $registry }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}
