namespace Scout.Traffic.Names;

/// <summary>Which addresses of services become peers.</summary>
public enum ServiceScope
{
    /// <summary>ClusterIPs, external addresses, endpoints.</summary>
    All,

    /// <summary>ClusterIPs and external addresses. What a hostNetwork pod sends to a service is "other" then.</summary>
    ClusterIp,

    /// <summary>Pods only.</summary>
    None,
}
