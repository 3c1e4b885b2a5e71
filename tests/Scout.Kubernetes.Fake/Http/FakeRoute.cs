namespace Scout.Kubernetes.Fake;

/// <summary>What a path and a method ask for.</summary>
public sealed record FakeRoute(string Verb, string Plural, FakeResource? Resource, string? Namespace, string Name, bool Status)
{
    /// <summary>Selector of a collection.</summary>
    public FakeSelector Selector(FakeExchange exchange) => new(Namespace, exchange.Ask("labelSelector"), exchange.Ask("fieldSelector"));

    public static FakeRoute Read(FakeExchange exchange)
    {
        string[] parts = exchange.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int at = parts is ["api", ..] ? 2 : 3;
        string group = at == 2 || parts.Length < 2 ? "" : parts[1];
        string version = parts.Length >= at ? parts[at - 1] : "";
        string? space = null;
        if (parts.Length > at + 2 && parts[at] == "namespaces")
        {
            space = parts[at + 1];
            at += 2;
        }

        string plural = parts.Length > at ? parts[at] : "";
        string name = parts.Length > at + 1 ? parts[at + 1] : "";
        FakeResource? resource = FakeResource.All.FirstOrDefault(known => known.Group == group && known.Version == version && known.Plural == plural);
        string verb = exchange.Method switch
        {
            "GET" when name.Length > 0 => "get",
            "GET" => exchange.Ask("watch") is "true" or "1" ? "watch" : "list",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            _ => "delete",
        };
        return new FakeRoute(verb, plural, resource, space, name, parts.Length > at + 2 && parts[at + 2] == "status");
    }
}
