{{- /* Alerts and recording rules, as YAML: those of the file without those that the values leave out. */ -}}
{{- define "monitoring.rules" -}}
{{- $file := .Files.Get "files/rules.yaml" | replace "RUNBOOKS" .Values.rules.runbookUrl | fromYaml -}}
{{- $unknown := .Values.rules.leaveOut | default list -}}
{{- $groups := list -}}
{{- range $group := $file.groups -}}
{{- $rules := list -}}
{{- range $group.rules -}}
{{- if has .alert $.Values.rules.leaveOut }}{{ $unknown = without $unknown .alert }}{{ else }}{{ $rules = append $rules . }}{{ end -}}
{{- end -}}
{{- $groups = append $groups (merge (dict "rules" $rules) $group) -}}
{{- end -}}
{{- with $unknown }}{{ fail (printf "monitoring.rules.leaveOut names %s: there is no such alert, docs/alerts.md has them all" (join ", " .)) }}{{ end -}}
{{- dict "groups" $groups | toYaml -}}
{{- end -}}
