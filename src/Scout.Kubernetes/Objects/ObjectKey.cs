namespace Scout.Kubernetes;

/// <summary>Names an object among those of its kind.</summary>
/// <param name="Namespace">Empty for kinds of the whole cluster.</param>
/// <param name="Name">Name.</param>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
