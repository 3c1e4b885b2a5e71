using System.Text;
using System.Text.Json.Nodes;

namespace Scout.Kubernetes.Fake;

/// <summary>POST, PUT, merge PATCH and DELETE, as tests write to a real server.</summary>
internal static class FakeWrites
{
    public static async Task HandleAsync(FakeCluster cluster, FakeExchange exchange, FakeRoute route, FakeResource resource)
    {
        string space = route.Namespace ?? "";
        FakeObject? before = route.Name.Length > 0 ? cluster.Find(resource, space, route.Name) : null;
        if (route.Name.Length > 0 && before is null)
        {
            await FakeApi.RefuseAsync(exchange, 404, "NotFound", $"{resource.Qualified} \"{route.Name}\" not found");
            return;
        }

        byte[] body = await exchange.BodyAsync();
        JsonObject content = body.Length > 0 ? JsonNode.Parse(body) as JsonObject ?? [] : [];
        switch (route.Verb)
        {
            case "get":
                await AnswerAsync(exchange, 200, before!);
                return;
            case "create":
                string name = content["metadata"]?["name"]?.GetValue<string>() ?? "";
                if (cluster.Find(resource, space, name) is not null)
                {
                    await FakeApi.RefuseAsync(exchange, 409, "AlreadyExists", $"{resource.Qualified} \"{name}\" already exists");
                    return;
                }

                await AnswerAsync(exchange, 201, cluster.Put(resource, space, name, content));
                return;
            case "delete":
                bool gracefully = exchange.Ask("gracePeriodSeconds") is { Length: > 0 } grace && grace != "0" && resource == FakeResource.Pods;
                cluster.Delete(resource, space, route.Name, gracefully);
                await AnswerAsync(exchange, 200, before!);
                return;
            case "update" when IsOld(content, before!):
                await FakeApi.RefuseAsync(exchange, 409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again");
                return;
            case "update":
                JsonObject replaced = content;
                if (route.Status)
                {
                    replaced = (JsonObject)before!.Json.DeepClone();
                    replaced["status"] = content["status"]?.DeepClone();
                }

                await AnswerAsync(exchange, 200, cluster.Put(resource, space, route.Name, replaced));
                return;
            default:
                var merged = (JsonObject)before!.Json.DeepClone();
                Merge(merged, content);
                await AnswerAsync(exchange, 200, cluster.Put(resource, space, route.Name, merged));
                return;
        }
    }

    private static bool IsOld(JsonObject content, FakeObject before)
    {
        string? expected = (content["metadata"]?["resourceVersion"])?.GetValue<string>();
        return expected is { Length: > 0 } && expected != before.Field("metadata.resourceVersion");
    }

    /// <summary>RFC 7386.</summary>
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject inner && target[name] is JsonObject known) Merge(known, inner);
            else target[name] = value.DeepClone();
        }
    }

    private static async Task AnswerAsync(FakeExchange exchange, int code, FakeObject found)
    {
        await exchange.StartAsync(code, [("Content-Type", "application/json")]);
        await exchange.WriteAsync(Encoding.UTF8.GetBytes(found.Json.ToJsonString()));
    }
}
