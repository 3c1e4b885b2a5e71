namespace Scout.Broker.Provisioning;

/// <summary>What nobody asks for: startups that were missed, and tokens that nobody needs to see any more.</summary>
internal sealed partial class Provisioner
{
    /// <summary>Tokens looked at in one turn; the next turn goes on where this one ended.</summary>
    internal const int MostInOneTurn = 500;

    /// <summary>How long a token that is worth nothing any more stays in the lists.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    private string upkeepAfter = "";

    /// <summary>
    /// Looks at some tokens. One whose node has come meanwhile is spent: its startup went by while no provisioner listened. One that has been expired or spent for 30 days is
    /// taken out of the bucket; the names it gave stay with their keys. So are questions for a person that are as old.
    /// </summary>
    /// <returns>How many were found spent, and how many were taken out.</returns>
    public async Task<(int Spent, int Removed)> UpkeepAsync(CancellationToken stop)
    {
        IReadOnlyCollection<string> all = [.. await parts.Book.KeysAsync(stop)];
        int forgotten = await ForgetAsksAsync(all.Where(TokenBookFormat.IsAsk), stop);
        string[] keys = [.. all.Where(TokenBookFormat.IsToken).Order(StringComparer.Ordinal)];
        string[] turn = [.. keys.Where(key => string.CompareOrdinal(key, upkeepAfter) > 0).Take(MostInOneTurn)];
        upkeepAfter = turn.Length < MostInOneTurn ? "" : turn[^1];
        int spent = 0;
        int removed = 0;
        foreach (string key in turn)
        {
            if (await parts.Book.GetAsync(key, stop) is not { } entry) continue;
            TokenRecord token;
            try
            {
                token = TokenBookFormat.Token(entry);
            }
            catch (ProvisioningException)
            {
                // Of a newer version, perhaps: not ours to judge.
                continue;
            }

            if (IsOld(token))
            {
                if (!await parts.Book.DeleteAsync(key, entry.Revision, stop)) continue;
                removed++;
                Audit("forget", "", null, "allowed", "ok", $"for {token.For}, {token.State(Now)} for over {KeptFor.TotalDays:0} days", key);
                continue;
            }

            foreach (TokenUse use in token.Bound.Where(static use => use.Started is null))
            {
                if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(use.Node), stop) is not { } there) continue;
                NodeRecord node = TokenBookFormat.Node(there);
                if (node.Key != use.Key || node.Token != key || !await parts.Record.HasSpokenAsync(node, stop)) continue;
                await StartedAsync(use.Node, stop);
                spent++;
            }
        }

        return (spent, removed + forgotten);
    }

    // A question that nobody answered, or an answer that nobody used, for so long is not held against or for whoever comes under that name next.
    private async Task<int> ForgetAsksAsync(IEnumerable<string> keys, CancellationToken stop)
    {
        int forgotten = 0;
        foreach (string key in keys)
        {
            if (forgotten >= MostInOneTurn || await parts.Book.GetAsync(key, stop) is not { } entry) continue;
            AskRecord ask;
            try
            {
                ask = TokenBookFormat.Ask(entry);
            }
            catch (ProvisioningException)
            {
                continue;
            }

            if (ask.At > Now - KeptFor || !await parts.Book.DeleteAsync(key, entry.Revision, stop)) continue;
            forgotten++;
            Audit("forget", ask.Node, ask.Key, "allowed", "ok", $"it was {ask.State} for over {KeptFor.TotalDays:0} days", ask.Token.Length > 0 ? ask.Token : null);
        }

        return forgotten;
    }

    // Expired for so long, or spent for so long: whatever asks with it is refused, the only thing that changes is how.
    private bool IsOld(TokenRecord token)
    {
        DateTimeOffset limit = Now - KeptFor;
        bool spent = token.Bound.Length >= token.Uses && token.Bound.All(use => use.Started < limit);
        return spent || token.Expires < limit;
    }
}
