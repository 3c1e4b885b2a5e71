using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Broker.Accounts;
using Scout.Broker.Files;

namespace Scout.Broker.Secure;

/// <summary>What a running broker tells commands beside it: file <c>run/status.json</c>.</summary>
/// <param name="Pid">Of the supervisor; SIGHUP has it look again.</param>
/// <param name="Applied">Mark of the accounts and the certificate that nats-server runs with; see <see cref="Mark"/>.</param>
/// <param name="Failed">Mark of those that it refused, or empty.</param>
/// <param name="Detail">Why it refused them.</param>
internal sealed record BrokerStatus(int Pid, string Applied, string Failed, string Detail)
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>One mark for all that a reload brings: accounts and certificate as the files have them.</summary>
    public static string Mark(BrokerFiles files)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in BrokerAccounts.All.Select(files.AccountJwt).Append(files.Server)) sum.AppendData(SHA256.HashData(File.Exists(path) ? File.ReadAllBytes(path) : []));
        return Convert.ToHexStringLower(sum.GetHashAndReset());
    }

    public void Write(BrokerFiles files) => PrivateFile.Replace(files.Status, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(this, StatusJsonContext.Default.BrokerStatus)) + "\n");

    /// <summary>Null when there is none that can be read.</summary>
    public static BrokerStatus? Read(BrokerFiles files)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(files.Status);
            return bytes.Length > MaxBytes ? null : JsonSerializer.Deserialize(bytes, StatusJsonContext.Default.BrokerStatus);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 4)]
[JsonSerializable(typeof(BrokerStatus))]
internal sealed partial class StatusJsonContext : JsonSerializerContext;
