using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Signing;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>A node asks for credentials: at first (<c>scout.enroll.TOKENKEY</c>), before they expire (<c>scout.renew.NODE</c>), or after (<c>scout.recover.KEY</c>).</summary>
public sealed record EnrolmentRequest
{
    public const string SchemaName = "io.scout.enroll.request.v1";

    /// <summary>Largest request, bytes: the payload of role enroll.</summary>
    public const int MaxBytes = 16 * 1024;

    public string Schema { get; init; } = SchemaName;

    public required string Node { get; init; }

    /// <summary>Public key of the node.</summary>
    public required string Key { get; init; }

    /// <summary>Unix milliseconds, by the node's clock.</summary>
    public required long Time { get; init; }

    /// <summary>22 characters of base64url, new for every transmission.</summary>
    public required string Nonce { get; init; }

    /// <summary>Signature by <see cref="Key"/> over the lines of <see cref="EnrolmentProof"/>, base64url.</summary>
    public required string Proof { get; init; }

    public NodeFactsBrief? Facts { get; init; }

    /// <summary>A renewal may bring another key; then <see cref="NewProof"/> is its signature over the same lines.</summary>
    public string? NewKey { get; init; }

    public string? NewProof { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, EnrolmentJsonContext.Default.EnrolmentRequest);

    /// <summary>Reads strictly: an unknown or doubled field, a wrong type, a bad name or key is refused and named.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out EnrolmentRequest? request, [NotNullWhen(false)] out string? error)
    {
        request = null;
        error = json.Length > MaxBytes ? $"the request is over {MaxBytes} bytes" : null;
        if (error is not null) return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            return TryRead(document.RootElement, out request, out error);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            error = "no valid JSON: " + Shown.Clip(failure.Message, 200);
            return false;
        }
    }

    // A record would print its proof, which a log must not hold.
    public override string ToString() => $"request of {Shown.Clip(Node)}, key {Shown.Clip(Key)}";

    private static bool TryRead(JsonElement root, out EnrolmentRequest? request, out string? error)
    {
        request = null;
        var wrong = new StrictObject.Problem();
        var top = new StrictObject(root, "", wrong);
        string schema = top.Text("schema", 64, required: true) ?? "";
        if (schema != SchemaName) wrong.Say($"schema '{Shown.Clip(schema)}' is not spoken here; {SchemaName} is");
        string node = top.Text("node", 128, required: true) ?? "";
        if (!Names.IsNode(node)) wrong.Say($"'{Shown.Clip(node)}' is not a node name ([a-z0-9][a-z0-9_-]*, at most {Names.MaxLength})");
        string key = top.Text("key", 64, required: true) ?? "";
        if (!Names.IsKey(key)) wrong.Say("'key' is no public key of a user");
        long time = top.Number("time", 0, 253_402_300_799_999, -1);
        if (time < 0) wrong.Say("field 'time' is missing");
        string nonce = top.Text("nonce", 64, required: true) ?? "";
        if (!RequestSignature.IsNonce(nonce)) wrong.Say($"'nonce' must be {SigningLimits.NonceLength} characters of base64url");
        string proof = top.Text("proof", 128, required: true) ?? "";
        if (!KeyText.IsSignature(proof)) wrong.Say($"'proof' must be {KeyText.SignatureLength} characters of base64url");
        NodeFactsBrief? facts = ReadFacts(top.Object("facts"));
        string? newKey = top.Text("new_key", 64);
        string? newProof = top.Text("new_proof", 128);
        if (newKey is not null && !Names.IsKey(newKey)) wrong.Say("'new_key' is no public key of a user");
        if (newProof is not null && !KeyText.IsSignature(newProof)) wrong.Say($"'new_proof' must be {KeyText.SignatureLength} characters of base64url");
        if ((newKey is null) != (newProof is null)) wrong.Say("'new_key' and 'new_proof' belong together");
        top.End();
        error = wrong.Text;
        if (error is not null) return false;
        request = new EnrolmentRequest { Node = node, Key = key, Time = time, Nonce = nonce, Proof = proof, Facts = facts, NewKey = newKey, NewProof = newProof };
        return true;
    }

    private static NodeFactsBrief? ReadFacts(StrictObject? from)
    {
        if (from is null) return null;
        var facts = new NodeFactsBrief(from.Text("os", NodeFactsBrief.MaxText) ?? "", from.Text("arch", NodeFactsBrief.MaxText) ?? "", from.Text("version", NodeFactsBrief.MaxText) ?? "");
        from.End();
        return facts;
    }
}
