{{/* Names and addresses by which the broker is reached; the first is the one that servers of this release are told. */}}
{{- define "scout.brokerHosts" -}}
{{- $name := printf "%s-broker" (include "scout.fullname" .) -}}
{{- $namespace := include "scout.namespace" . -}}
{{- concat (list (include "scout.brokerHost" .) (printf "%s.%s.svc" $name $namespace) (printf "%s.%s" $name $namespace) $name) .Values.broker.service.hosts | toJson -}}
{{- end -}}

{{/* What the init container tells `scout broker config`, after `broker config`: the files of the nats-server beside. */}}
{{- define "scout.brokerConfigArgs" -}}
{{- $broker := .Values.broker -}}
{{- $args := list "--data" "/var/lib/scout-broker/data" "--secret" "/etc/scout/broker" "--out" "/etc/nats" "--store" "/var/lib/scout-broker/jetstream" -}}
{{- $args = concat $args (list "--server-name" "$(POD_NAME)" "--listen" (printf "%s:4222" $broker.address)) -}}
{{- range include "scout.brokerHosts" . | fromJsonArray }}{{ $args = concat $args (list "--host" .) }}{{ end -}}
{{- with regexFind "^[0-9]+\\.[0-9]+" $broker.nats.image.tag }}{{ $args = concat $args (list "--server-version" .) }}{{ end -}}
{{- $args = concat $args (list "--max-file-gib" ($broker.jetstream.maxFileGiB | int | toString) "--max-mem-mib" ($broker.jetstream.maxMemMiB | int | toString)) -}}
{{- if gt (int $broker.replicas) 1 -}}
{{- $args = concat $args (list "--cluster-listen" (printf "%s:6222" $broker.address) "--replicas" ($broker.replicas | int | toString)) -}}
{{- $name := printf "%s-broker" (include "scout.fullname" .) -}}
{{- range $i := until (int $broker.replicas) -}}
{{- $args = concat $args (list "--route" (printf "tls://%s-%d.%s-headless.%s.svc.%s:6222" $name $i $name (include "scout.namespace" $) $.Values.clusterDomain)) -}}
{{- end -}}
{{- end -}}
{{- if $broker.nats.configMerge }}{{ $args = concat $args (list "--merge" "/etc/scout/merge/merge.json") }}{{ end -}}
{{- if ne $broker.tls.source "own" -}}
{{- $args = concat $args (list "--tls-cert" "/etc/scout/tls/tls.crt" "--tls-key" "/etc/scout/tls/tls.key" "--tls-ca" "/etc/scout/tls/ca.crt") -}}
{{- end -}}
{{- toYaml $args -}}
{{- end -}}

{{/* Mounts of the two containers of ours: keys from the Secret, the shared folder of nats-server, the volume. */}}
{{- define "scout.brokerMounts" -}}
- { name: keys, mountPath: /etc/scout/broker, readOnly: true }
- { name: nats, mountPath: /etc/nats }
- { name: data, mountPath: /var/lib/scout-broker }
- { name: tmp, mountPath: /tmp }
{{- if ne .Values.broker.tls.source "own" }}
- { name: tls, mountPath: /etc/scout/tls, readOnly: true }
{{- end }}
{{- if .Values.broker.nats.configMerge }}
- { name: merge, mountPath: /etc/scout/merge, readOnly: true }
{{- end }}
{{- end -}}

{{- define "scout.brokerReadsApi" -}}
{{- if or .Values.broker.kubernetes.pods .Values.broker.kubernetes.nodes }}yes{{ end -}}
{{- end -}}
