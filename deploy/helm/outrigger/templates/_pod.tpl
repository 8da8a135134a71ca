{{/* What both shapes share. Charts that have this one as a dependency can include these in their own Deployments. */}}

{{- define "outrigger.labels" -}}
app.kubernetes.io/name: outrigger
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .Values.mode }}
{{- end }}

{{- define "outrigger.container" -}}
name: outrigger
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  - -c
  - /etc/outrigger/routing.yaml
  - --drain-timeout
  - {{ .Values.drainSeconds }}s
{{- if eq .Values.mode "gateway" }}
  - --workers
  - {{ .Values.gateway.workers | quote }}
{{- end }}
env:
  # In an application's pod only the application hears the clients' port; the kubelet probes the pod's address.
  - name: OUTRIGGER_LISTEN
    value: {{ ternary "127.0.0.1:7070" ":7070" (eq .Values.mode "sidecar") | quote }}
  - name: OUTRIGGER_ADMIN
    value: ":7071"
{{- with .Values.env }}
{{ toYaml . | indent 2 }}
{{- end }}
ports:
{{- if eq .Values.mode "gateway" }}
  - { name: http, containerPort: 7070 }
{{- end }}
  - { name: relay-admin, containerPort: 7071 }
startupProbe:
  httpGet: { path: /startupz, port: relay-admin }
  periodSeconds: 1
  failureThreshold: 30
readinessProbe:
  httpGet: { path: /readyz, port: relay-admin }
  periodSeconds: 5
livenessProbe:
  httpGet: { path: /livez, port: relay-admin }
  periodSeconds: 10
  failureThreshold: 3
resources:
{{ toYaml .Values.resources | indent 2 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
  seccompProfile: { type: RuntimeDefault }
volumeMounts:
  # Directories, never subPath: a subPath mount is not updated.
  - { name: outrigger-routing, mountPath: /etc/outrigger, readOnly: true }
  - { name: outrigger-keys, mountPath: /etc/outrigger-keys, readOnly: true }
{{- end }}

{{- define "outrigger.volumes" -}}
- name: outrigger-routing
  configMap: { name: {{ .Release.Name }}-routing }
- name: outrigger-keys
  secret: { secretName: {{ .Values.keysSecret }}, optional: true, defaultMode: 0444 }
{{- end }}

{{- define "outrigger.podSettings" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ add .Values.drainSeconds 15 }}
{{- with .Values.nodeSelector }}
nodeSelector:
{{ toYaml . | indent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
{{ toYaml . | indent 2 }}
{{- end }}
{{- end }}
