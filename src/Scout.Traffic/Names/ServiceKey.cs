namespace Scout.Traffic.Names;

/// <summary>Identity of a service.</summary>
public readonly record struct ServiceKey(string Namespace, string Name);

/// <summary>What a pod's series are labelled with: namespace and name, or the uid alone where no API names it.</summary>
public readonly record struct PodLabel(string Namespace, string Name, string Uid)
{
    public static PodLabel Named(string ns, string name) => new(ns, name, "");

    public static PodLabel Unnamed(string uid) => new("", "", uid);

    public bool IsNamed => Uid.Length == 0;

    public override string ToString() => IsNamed ? $"{Namespace}/{Name}" : Uid;
}
