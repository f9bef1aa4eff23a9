{{- /* The ports behind the Service, as a JSON list: several of its ports may lead to one, and each may be declared but once. */ -}}
{{- define "proxy.clientPorts" -}}
{{- $ports := list -}}
{{- if .Values.service.enabled -}}
{{- range .Values.service.ports -}}
{{- if not (has (int .targetPort) (list (int $.Values.adminPort) (int $.Values.probePort))) }}{{ $ports = append $ports (int .targetPort) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{- /* The pod of a Deployment and of a DaemonSet alike. */ -}}
{{- define "proxy.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
serviceAccountName: {{ include "sluice.name" (list . "proxy") }}
{{- include "sluice.pullSecrets" . }}
{{- include "sluice.scheduling" (list . "proxy") }}
terminationGracePeriodSeconds: {{ add .Values.preStopSeconds .Values.drainSeconds 15 }}
{{- if .Values.hostAccess.enabled }}
hostNetwork: {{ .Values.hostAccess.hostNetwork }}
dnsPolicy: {{ ternary "ClusterFirstWithHostNet" "ClusterFirst" .Values.hostAccess.hostNetwork }}
securityContext:
  runAsUser: {{ .Values.hostAccess.runAsUser }}
  # Secrets are the group's to read.
  fsGroup: {{ .Values.hostAccess.runAsUser }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- else }}
securityContext: {{- include "sluice.podSecurity" (list . 65532) | nindent 2 }}
{{- end }}
containers:
  - name: proxy
    image: {{ include "sluice.image" (list . .Values.image) }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [run, --config, /etc/sluice/config/sluice.yaml]
    env:
      # Labels of the node that the API server puts on its pods; from Kubernetes 1.35 on, empty before.
      - name: SLUICE_ZONE
        valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } }
    ports:
      - { name: admin, containerPort: {{ .Values.adminPort }}, protocol: TCP }
      - { name: probe, containerPort: {{ .Values.probePort }}, protocol: TCP }
      {{- range include "proxy.clientPorts" . | fromJsonArray }}
      - { containerPort: {{ . }}, protocol: TCP }
      {{- end }}
    {{- include "sluice.probes" . | nindent 4 }}
    {{- with .Values.preStopSeconds }}
    lifecycle:
      preStop:
        sleep: { seconds: {{ . }} }
    {{- end }}
    resources: {{- toYaml .Values.resources | nindent 6 }}
    {{- if .Values.hostAccess.enabled }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL], add: {{ toJson .Values.hostAccess.capabilities }} }
    {{- else }}
    securityContext: {{- include "sluice.containerSecurity" . | nindent 6 }}
    {{- end }}
    volumeMounts:
      # Directories, not files: only then does a changed ConfigMap or Secret appear in a running pod.
      - { name: config, mountPath: /etc/sluice/config, readOnly: true }
      - { name: nats, mountPath: /etc/sluice/nats, readOnly: true }
      - { name: ack-key, mountPath: /etc/sluice/ack, readOnly: true }
      - { name: state, mountPath: /var/lib/sluice }
volumes:
  - name: config
    configMap: { name: {{ include "sluice.name" (list . "proxy") }} }
  {{- include "sluice.natsVolume" (list . "proxy" .Values.global.nats.seedSecrets.proxy) | nindent 2 }}
  - name: ack-key
    secret: { secretName: {{ include "sluice.ackKeySecret" . | quote }}, defaultMode: 0440 }
  - name: state
    emptyDir: { sizeLimit: {{ .Values.stateVolume.sizeLimit }} }
{{- end -}}

{{- define "proxy.podMetadata" -}}
labels: {{- include "sluice.podLabels" (list . "proxy") | nindent 2 }}
annotations:
  # The one part of sluice.yaml that a running proxy cannot take over.
  checksum/datapath: {{ .Values.config.datapath | default dict | toJson | sha256sum | trunc 16 | quote }}
  {{- with include "sluice.scrapeAnnotations" (list . .Values.adminPort) }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .Values.networks }}
  k8s.v1.cni.cncf.io/networks: {{ toJson . | quote }}
  {{- end }}
  {{- with .Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
