{{/* Names: <fullname>-<component>. 44 characters at most, so that every name and label made of it stays within 63; a cut one ends with a hash, so that two releases never meet. */}}
{{- define "scout.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "scout.fullname" -}}
{{- $name := include "scout.name" . -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $full = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- end -}}
{{- if gt (len $full) 44 -}}
{{- printf "%s-%s" (trunc 35 $full | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}

{{- define "scout.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* Selectors: these three and nothing else, for ever. */}}
{{- define "scout.selector" -}}
app.kubernetes.io/name: {{ include "scout.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "scout.labels" -}}
{{- $own := dict -}}
{{- $_ := set $own "app.kubernetes.io/name" (include "scout.name" .root) -}}
{{- $_ := set $own "app.kubernetes.io/instance" .root.Release.Name -}}
{{- $_ := set $own "app.kubernetes.io/component" .component -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "scout" -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $own "app.kubernetes.io/version" (.root.Chart.AppVersion | toString) -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_")) -}}
{{- merge $own (default dict .more) .root.Values.commonLabels | toYaml -}}
{{- end -}}

{{/* root, component, suffix, optional namespace, labels, annotations: the metadata of an object. */}}
{{- define "scout.metadata" -}}
{{- $annotations := merge (dict) (default dict .annotations) .root.Values.commonAnnotations -}}
name: {{ include "scout.fullname" .root }}-{{ .suffix }}
namespace: {{ default (include "scout.namespace" .root) .namespace }}
labels:
  {{- include "scout.labels" (dict "root" .root "component" .component "more" .labels) | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* root, component, suffix: the metadata of an object of the whole cluster; its name has the namespace, so that equal releases elsewhere do not meet it. */}}
{{- define "scout.clusterMetadata" -}}
name: {{ include "scout.namespace" .root }}:{{ include "scout.fullname" .root }}-{{ .suffix }}
labels:
  {{- include "scout.labels" (dict "root" .root "component" .component) | nindent 2 }}
{{- with .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* root, component, namespaced, clusterWide: roles of a component, each a list of rules, and their bindings. Reading only. */}}
{{- define "scout.roles" -}}
{{- if .root.Values.rbac.create }}
{{- $subject := dict "kind" "ServiceAccount" "name" (include "scout.serviceAccountName" .) "namespace" (include "scout.namespace" .root) }}
{{- with .namespaced }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "scout.metadata" (dict "root" $.root "component" $.component "suffix" $.component) | nindent 2 }}
rules:
  {{- toYaml . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "scout.metadata" (dict "root" $.root "component" $.component "suffix" $.component) | nindent 2 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "scout.fullname" $.root }}-{{ $.component }} }
subjects:
  - {{- toYaml $subject | nindent 4 }}
{{- end }}
{{- with .clusterWide }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "scout.clusterMetadata" (dict "root" $.root "component" $.component "suffix" $.component) | nindent 2 }}
rules:
  {{- toYaml . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "scout.clusterMetadata" (dict "root" $.root "component" $.component "suffix" $.component) | nindent 2 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "{{ include "scout.namespace" $.root }}:{{ include "scout.fullname" $.root }}-{{ $.component }}" }
subjects:
  - {{- toYaml $subject | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A list of one rule: read these resources of an API group. */}}
{{- define "scout.reading" -}}
{{- list (dict "apiGroups" (list .group) "resources" .resources "verbs" (list "get" "list" "watch")) | toJson -}}
{{- end -}}

{{/* The account's token for one container alone: automounting is off everywhere. */}}
{{- define "scout.tokenVolume" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: { path: token, expirationSeconds: 3607 }
      - configMap: { name: kube-root-ca.crt, items: [{ key: ca.crt, path: ca.crt }] }
      - downwardAPI: { items: [{ path: namespace, fieldRef: { fieldPath: metadata.namespace } }] }
{{- end -}}

{{- define "scout.tokenMount" -}}
- { name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
{{- end -}}

{{/* Label selector of the servers of this release, as the API takes it. */}}
{{- define "scout.serverSelector" -}}
app.kubernetes.io/name={{ include "scout.name" . }},app.kubernetes.io/instance={{ .Release.Name }},app.kubernetes.io/component=server
{{- end -}}

{{- define "scout.imageOf" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
{{- $name := ternary (printf "%s/%s" $registry .image.repository) .image.repository (ne $registry "") -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion .image.tag | toString) -}}
{{- end -}}
{{- end -}}

{{- define "scout.image" -}}
{{- include "scout.imageOf" (dict "root" . "image" .Values.image) -}}
{{- end -}}

{{- define "scout.serviceAccountName" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
{{- default (printf "%s-%s" (include "scout.fullname" .root) .component) $account.name -}}
{{- else -}}
{{- $account.name -}}
{{- end -}}
{{- end -}}

{{- define "scout.serviceAccount" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "scout.serviceAccountName" . }}
  namespace: {{ include "scout.namespace" .root }}
  labels:
    {{- include "scout.labels" . | nindent 4 }}
  {{- with (merge (dict) $account.annotations .root.Values.commonAnnotations) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{/* What pod-security "restricted" asks of a pod. "more" goes before it, values before both. */}}
{{- define "scout.podSecurityContext" -}}
{{- $default := dict "runAsUser" 65532 "runAsGroup" 65532 "fsGroup" 65532 "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- mergeOverwrite $default (default dict .more) (deepCopy .values) | toYaml -}}
{{- end -}}

{{- define "scout.securityContext" -}}
{{- $default := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{- mergeOverwrite $default (default dict .more) (deepCopy .values) | toYaml -}}
{{- end -}}

{{- define "scout.pullSecrets" -}}
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ if kindIs "string" . }}{{ . }}{{ else }}{{ .name }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* root, component, hostNetwork: what every pod template has after its containers. */}}
{{- define "scout.podCommon" -}}
{{- $values := index .root.Values .component -}}
serviceAccountName: {{ include "scout.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "scout.pullSecrets" .root }}
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- if not $values.hostUsers }}
hostUsers: false
{{- end }}
{{- if or $values.dnsPolicy .hostNetwork }}
dnsPolicy: {{ default "ClusterFirstWithHostNet" $values.dnsPolicy }}
{{- end }}
{{- with $values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "scout.probes" -}}
{{- $probes := dict -}}
{{- range $kind, $path := dict "startupProbe" "/healthz" "livenessProbe" "/healthz" "readinessProbe" "/readyz" -}}
{{- $_ := set $probes $kind (mergeOverwrite (dict "httpGet" (dict "path" $path "port" (default "http" $.port))) (deepCopy (index $.values $kind))) -}}
{{- end -}}
{{- toYaml $probes -}}
{{- end -}}

{{/* What a node knows of itself, by the downward API. A zone label is on the pod where the API server copies it (1.35), else the variable is empty. */}}
{{- define "scout.downward" -}}
- name: SCOUT_NODE
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
- name: SCOUT_KUBERNETES_NODE
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
- name: SCOUT_POD
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: SCOUT_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: SCOUT_POD_IPS
  valueFrom: { fieldRef: { fieldPath: status.podIPs } }
- name: SCOUT_HOST_IP
  valueFrom: { fieldRef: { fieldPath: status.hostIP } }
- name: SCOUT_ZONE
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/zone']" } }
- name: SCOUT_REGION
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['topology.kubernetes.io/region']" } }
- name: SCOUT_SOCKET
  value: /var/lib/scout/data/server.sock
{{- end -}}

{{/* A map of files as the data of a ConfigMap. */}}
{{- define "scout.files" -}}
{{- range $name, $content := . }}
{{ $name }}: |
  {{- (kindIs "string" $content | ternary $content (toYaml $content)) | trim | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "scout.brokerHost" -}}
{{- printf "%s-broker.%s.svc.%s" (include "scout.fullname" .) (include "scout.namespace" .) .Values.clusterDomain -}}
{{- end -}}

{{- define "scout.brokerUrls" -}}
{{- $urls := .Values.server.broker.urls -}}
{{- if and (not $urls) .Values.broker.enabled .Values.server.broker.enrolment.existingSecret -}}
{{- $urls = list (printf "tls://%s:4222" (include "scout.brokerHost" .)) -}}
{{- end -}}
{{- toJson $urls -}}
{{- end -}}

{{/* server.yaml of the servers: what the chart sets, then server.config over it. */}}
{{- define "scout.serverConfig" -}}
{{- $urls := include "scout.brokerUrls" . | fromJsonArray -}}
{{- $dns := dict "dns" (dict "name" (printf "%s-server.%s.svc.%s" (include "scout.fullname" .) (include "scout.namespace" .) .Values.clusterDomain)) -}}
{{- $kubernetes := dict "kubernetes" (dict "selector" (include "scout.serverSelector" .) "port" (int .Values.server.ports.mesh) "nodes" true) -}}
{{- $sources := list (ternary $kubernetes $dns .Values.server.kubernetes) -}}
{{- if $urls }}{{ $sources = prepend $sources "roster" }}{{ end -}}
{{- $mesh := dict "enabled" true "listen" (dict "port" (int .Values.server.ports.mesh)) "peers" (dict "sources" $sources "planes" .Values.server.planes) -}}
{{- $config := dict "data" "/var/lib/scout/data" "machines" "/etc/scout/machines" "http" (printf ":%d" (int .Values.server.ports.http)) "log" (dict "format" "json") "mesh" $mesh -}}
{{- if $urls }}
{{- $broker := dict "urls" $urls -}}
{{- if .Values.server.broker.caSecret }}{{ $_ := set $broker "ca" "/etc/scout/broker-ca/ca.crt" }}{{ end -}}
{{- $_ := set $config "broker" $broker }}
{{- end -}}
{{- with .Values.server.zone }}{{ $_ := set $config "zone" . }}{{ end -}}
{{- if .Values.server.textfile.enabled }}{{ $_ := set $config "textfile" (dict "directory" "/var/lib/node_exporter/textfile_collector") }}{{ end -}}
{{- mergeOverwrite $config (deepCopy .Values.server.config) | toYaml -}}
{{- end -}}
