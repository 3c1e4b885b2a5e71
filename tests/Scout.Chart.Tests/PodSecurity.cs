using System.Text.Json.Nodes;

namespace Scout.Chart.Tests;

/// <summary>The pod security standard "restricted" (Kubernetes 1.25 and later), as a list of what a pod violates.</summary>
internal static class PodSecurity
{
    private static readonly string[] Volumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
    private static readonly string[] Sysctls =
        ["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"];

    public static IReadOnlyList<string> Violations(PodShape pod)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string key in (string[])["hostNetwork", "hostPID", "hostIPC"])
        {
            if ((bool?)pod.Spec[key] == true) found.Add(key);
        }

        foreach (JsonNode? volume in (JsonArray?)pod.Spec["volumes"] ?? [])
        {
            string kind = volume!.AsObject().Select(static entry => entry.Key).Single(static key => key != "name");
            if (!Volumes.Contains(kind)) found.Add(kind);
        }

        JsonNode? whole = pod.Spec["securityContext"];
        foreach (JsonNode? sysctl in (JsonArray?)whole?["sysctls"] ?? [])
        {
            if (!Sysctls.Contains((string?)sysctl!["name"])) found.Add($"sysctl {sysctl["name"]}");
        }

        foreach (JsonObject container in pod.Containers) Container(container, whole, found);
        return [.. found];
    }

    private static void Container(JsonObject container, JsonNode? pod, SortedSet<string> found)
    {
        JsonNode? own = container["securityContext"];
        string name = (string)container["name"]!;
        if ((bool?)own?["privileged"] == true) found.Add($"{name}: privileged");
        if ((bool?)own?["allowPrivilegeEscalation"] != false) found.Add($"{name}: allowPrivilegeEscalation");
        if ((bool?)(own?["runAsNonRoot"] ?? pod?["runAsNonRoot"]) != true) found.Add($"{name}: runAsNonRoot");
        if ((long?)(own?["runAsUser"] ?? pod?["runAsUser"]) is null or 0) found.Add($"{name}: user 0");
        if ((string?)(own?["seccompProfile"] ?? pod?["seccompProfile"])?["type"] is not ("RuntimeDefault" or "Localhost")) found.Add($"{name}: seccomp");
        if (((JsonArray?)own?["capabilities"]?["drop"] ?? []).All(static one => (string?)one != "ALL")) found.Add($"{name}: keeps capabilities");
        foreach (JsonNode? added in (JsonArray?)own?["capabilities"]?["add"] ?? [])
        {
            if ((string?)added != "NET_BIND_SERVICE") found.Add($"{name}: +{added}");
        }

        foreach (JsonNode? port in (JsonArray?)container["ports"] ?? [])
        {
            if (((long?)port!["hostPort"] ?? 0) != 0) found.Add("hostPort");
        }
    }
}
