using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Scout.Protocol.Rpc;

/// <summary>A line of the local socket: <c>{"action":"machines","request":{...}}</c> (server.md 6).</summary>
public static class RpcSocketLine
{
    /// <summary>Reads a line without its line feed.</summary>
    /// <param name="line">Up to <see cref="RpcLimits.MaxLine"/> bytes.</param>
    /// <param name="request">The request.</param>
    /// <param name="problem">Why not; <c>unknown_action</c> or what the request reader says.</param>
    /// <param name="isFrame">False when it is no such object at all: answered <c>bad_request</c> and the connection is closed.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> line, [NotNullWhen(true)] out RpcRequest? request, [NotNullWhen(false)] out RpcProblem? problem, out bool isFrame)
    {
        request = null;
        isFrame = false;
        string action;
        ReadOnlyMemory<byte> body;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 10 });
            var wrong = new StrictObject.Problem();
            var top = new StrictObject(document.RootElement, "", wrong);
            action = top.Text("action", 32, required: true) ?? "";
            if (top.Object("request") is null) wrong.Say("field 'request' is missing");
            top.End();
            if (wrong.Text is { } text)
            {
                problem = new RpcProblem(RpcCode.BadRequest, text, "");
                return false;
            }

            body = System.Text.Encoding.UTF8.GetBytes(document.RootElement.GetProperty("request").GetRawText());
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            problem = new RpcProblem(RpcCode.BadRequest, "a line is one JSON object: {\"action\":...,\"request\":{...}}", "");
            return false;
        }

        isFrame = true;
        if (RpcActions.TryParse(action, out RpcAction known))
        {
            if (RpcRequestReader.TryRead(known, body, out request, out problem)) return true;
            problem = problem with { Action = action };
            return false;
        }

        problem = new RpcProblem(RpcCode.UnknownAction, $"'{Shown.Clip(action)}' is no action", "") { Action = Shown.Clip(action) };
        return false;
    }
}
