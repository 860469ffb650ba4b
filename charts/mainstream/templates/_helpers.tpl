{{- define "mainstream.name" -}}
{{- printf "%s-operator" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mainstream.selector" -}}
app.kubernetes.io/name: mainstream-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels of everything that the chart makes, without those that a component is selected by. */}}
{{- define "mainstream.commonLabels" -}}
app.kubernetes.io/part-of: mainstream
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "mainstream.labels" -}}
{{ include "mainstream.selector" . }}
{{ include "mainstream.commonLabels" . }}
{{- end -}}

{{/* `annotations:` on a line of its own where there are some; takes (dict "root" $ "own" (dict ...) "by" 2). */}}
{{- define "mainstream.annotations" -}}
{{- with merge (dict) (.own | default dict) (.root.Values.commonAnnotations | default dict) -}}
{{- printf "annotations:%s" (toYaml . | nindent 2) | nindent (int ($.by | default 2)) -}}
{{- end -}}
{{- end -}}

{{/* A whole image name; takes (dict "root" $ "image" .Values.operator.image). */}}
{{- define "mainstream.image" -}}
{{- $repository := .image.repository -}}
{{- with .root.Values.global.imageRegistry -}}
{{- $repository = printf "%s/%s" . (regexReplaceAll "^[^/]+/" $repository "") -}}
{{- end -}}
{{- if .image.digest -}}
{{ $repository }}@{{ .image.digest }}
{{- else -}}
{{ $repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "mainstream.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "mainstream.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The Secret with the token that the operator's metrics ask for. */}}
{{- define "mainstream.metricsSecret" -}}
{{ include "mainstream.name" . }}-metrics
{{- end -}}

{{- define "mainstream.console" -}}
{{- printf "%s-console" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mainstream.consoleSelector" -}}
app.kubernetes.io/name: mainstream-console
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mainstream.consoleLabels" -}}
{{ include "mainstream.consoleSelector" . }}
{{ include "mainstream.commonLabels" . }}
{{- end -}}

{{/* Whose pods may reach a port of metrics: the release's own namespace where nobody is named. */}}
{{- define "mainstream.metricsFrom" -}}
{{- .Values.networkPolicy.metricsFrom | default (list (dict "podSelector" dict)) | toYaml -}}
{{- end -}}

{{/* What pods may call: names, and the networks of the values; of addresses, a network's own kind is left out. */}}
{{- define "mainstream.egress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- to:
    {{- range .Values.networkPolicy.egressCidrs }}
    {{- $v6 := contains ":" . }}
    - ipBlock:
        cidr: {{ . | quote }}
        {{- $except := list }}
        {{- range $.Values.networkPolicy.exceptCidrs }}
        {{- if eq (contains ":" .) $v6 }}{{ $except = append $except . }}{{ end }}
        {{- end }}
        {{- with $except }}
        except: {{- toYaml . | nindent 10 }}
        {{- end }}
    {{- end }}
{{- end -}}
