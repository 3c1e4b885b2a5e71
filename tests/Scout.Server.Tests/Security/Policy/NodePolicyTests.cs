using Microsoft.Extensions.Logging.Abstractions;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;
using Scout.Server.Rpc;
using Scout.Server.Security.Policy;
using Scout.Testing;

namespace Scout.Server.Tests.Security.Policy;

[Trait("attack", "22")]
public sealed class NodePolicyTests : IDisposable
{
    private const string AllowsPing = "rules: [ { allow: [ping] } ]";
    private const string AllowsFacts = "rules: [ { allow: [ping, facts] } ]";

    private readonly TempFolder folder = new();

    private string File1 => folder.File("policy.yaml");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Without_a_file_the_built_in_rules_hold_and_a_file_takes_their_place()
    {
        NodePolicy policy = Make(isDefault: true);
        Assert.True(MayAskFacts(policy));
        policy.Look(force: true);
        Assert.Empty(policy.Problems);
        Write(AllowsPing);
        policy.Look(force: false);
        Assert.False(MayAskFacts(policy));
    }

    [Fact]
    public void A_file_that_was_named_and_is_not_there_leaves_ping_alone()
    {
        NodePolicy policy = Make(isDefault: false);
        Assert.True(MayPing(policy));
        Assert.False(MayAskFacts(policy));
        Assert.Contains("only ping is answered", Assert.Single(policy.Problems).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_file_at_start_leaves_ping_alone_until_it_is_mended()
    {
        Write("rules: [ { allow: [pong] } ]");
        NodePolicy policy = Make(isDefault: true);
        Assert.True(MayPing(policy));
        Assert.Contains("was never good", policy.Refuses(Caller, Facts), StringComparison.Ordinal);
        Assert.Contains("'pong'", Assert.Single(policy.Problems).Error, StringComparison.Ordinal);
        Write(AllowsFacts);
        policy.Look(force: false);
        Assert.True(MayAskFacts(policy));
        Assert.Empty(policy.Problems);
    }

    [Theory]
    [InlineData("broken")]
    [InlineData("writable")]
    [InlineData("link")]
    [InlineData("gone")]
    [InlineData("folder")]
    [InlineData("large")]
    public void A_file_that_turns_bad_later_changes_nothing_and_says_so(string how)
    {
        Write(AllowsFacts);
        NodePolicy policy = Make(isDefault: true);
        Assert.True(MayAskFacts(policy));
        if (how != "writable") File.Delete(File1);
        switch (how)
        {
            case "broken":
                Write("rules: [ { deny: [facts], machines: [x] } ]");
                break;
            case "writable":
                File.SetUnixFileMode(File1, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite);
                break;
            case "link":
                folder.Write("other.yaml", AllowsPing);
                File.CreateSymbolicLink(File1, folder.File("other.yaml"));
                break;
            case "folder":
                Directory.CreateDirectory(File1);
                break;
            case "large":
                Write(AllowsPing + "\n#" + new string('x', PolicyReader.MaxBytes));
                break;
        }

        foreach (bool force in (bool[])[false, true])
        {
            policy.Look(force);
            Assert.True(MayAskFacts(policy));
            Assert.Contains("the last good policy stays", Assert.Single(policy.Problems).Error, StringComparison.Ordinal);
        }
    }

    private static RpcCaller Caller { get; } = new("bob", IsLocal: false) { Role = ScoutRole.Operator, Key = "U", Scope = "node" };

    private static RpcRequest Facts { get; } = new() { Id = "1", Args = new FactsArgs([]) };

    private static bool MayPing(NodePolicy policy) => policy.Refuses(Caller, new RpcRequest { Id = "1", Args = new PingArgs() }) is null;

    private static bool MayAskFacts(NodePolicy policy) => policy.Refuses(Caller, Facts) is null;

    private void Write(string text)
    {
        string path = folder.Write("policy.yaml", text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private NodePolicy Make(bool isDefault) => new(File1, isDefault, NullLogger.Instance);
}
