{{- define "mainstream.name" -}}
{{- printf "%s-operator" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mainstream.selector" -}}
app.kubernetes.io/name: mainstream-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mainstream.labels" -}}
{{ include "mainstream.selector" . }}
app.kubernetes.io/part-of: mainstream
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "mainstream.image" -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag }}{{- end -}}
{{- end -}}
