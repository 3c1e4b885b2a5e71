using System.Collections.Immutable;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;
using Scout.Server.Enrolment;

namespace Scout.Server.Tests.Enrolment;

/// <summary>A provisioner that says what the test wants, with real keys and signatures.</summary>
internal sealed class ModelProvisioner : IProvisionerLine, IDisposable
{
    private readonly TimeProvider time;
    private readonly NKeyPair fleet = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair roleKey = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair trustKey = NKeyPair.Create(NKeyType.Server);
    private readonly NKeyPair tokenKey = NKeyPair.Create(NKeyType.User);

    public ModelProvisioner(TimeProvider time)
    {
        this.time = time;
        Answer = ask => Issue(Read(ask));
    }

    public List<EnrolmentAsk> Asked { get; } = [];

    /// <summary>What it says; throws <see cref="ProvisionerUnreachableException"/> to be silent.</summary>
    public Func<EnrolmentAsk, EnrolmentReply> Answer { get; set; }

    public TimeSpan Life { get; set; } = TimeSpan.FromDays(7);

    public long Serial { get; set; } = 1;

    public string TokenText(DateTimeOffset? expires = null) => new EnrolmentToken
    {
        Urls = ["tls://broker.example.org:4222"],
        Ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        Trust = trustKey.PublicKey,
        Jwt = "aaaa.bbbb.cccc",
        Seed = tokenKey.ExportSeed(),
        Expires = expires ?? time.GetUtcNow().AddHours(1),
    }.ToText();

    public Task<EnrolmentReply> AskAsync(EnrolmentAsk ask, EnrolmentToken? token, CancellationToken stop)
    {
        Asked.Add(ask);
        try
        {
            return Task.FromResult(Answer(ask));
        }
        catch (ProvisionerUnreachableException error)
        {
            return Task.FromException<EnrolmentReply>(error);
        }
    }

    public static EnrolmentRequest Read(EnrolmentAsk ask) => EnrolmentRequest.TryRead(ask.Body, out EnrolmentRequest? request, out string? error) ? request : throw new InvalidOperationException(error);

    public EnrolmentReply Issue(EnrolmentRequest request, string? node = null, string? key = null, NKeyPair? signer = null, NKeyPair? trustSigner = null) => new()
    {
        Status = EnrolmentStatus.Issued,
        Jwt = Jwt(node ?? request.Node, key ?? request.NewKey ?? request.Key, signer ?? roleKey, Life),
        RecoverJwt = Jwt(request.Node, request.NewKey ?? request.Key, roleKey, TimeSpan.FromDays(365)),
        Trust = Trust(trustSigner ?? trustKey),
        Urls = ["tls://broker.example.org:4222"],
        ReconnectSpreadS = 3,
    };

    public void Dispose()
    {
        foreach (NKeyPair pair in (NKeyPair[])[fleet, roleKey, trustKey, tokenKey]) pair.Dispose();
    }

    private string Jwt(string node, string key, NKeyPair signer, TimeSpan life)
    {
        var claims = new NatsUserClaims { Subject = key, Name = node, Expires = time.GetUtcNow() + life, Tags = [RoleTemplate.GroupTag + "web"], IssuerAccount = fleet.PublicKey };
        return NatsJwt.Encode(claims, signer, time.GetUtcNow(), "id");
    }

    private string Trust(NKeyPair signer) => System.Text.Encoding.UTF8.GetString(new TrustDocument
    {
        Serial = Serial,
        Issued = time.GetUtcNow(),
        Fleet = fleet.PublicKey,
        Key = signer.PublicKey,
        Roles = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("node", [roleKey.PublicKey]),
    }.Sign(bytes => signer.Sign(bytes)).ToBytes());
}
