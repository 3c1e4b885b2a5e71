namespace Scout.Protocol.Security.Enrolment;

/// <summary>What an admin asks the provisioner, on <c>scout.admin.ACTION</c>, signed like an RPC request.</summary>
public enum AdminAction
{
    /// <summary>Makes a token.</summary>
    Token,

    /// <summary>Lists tokens.</summary>
    Tokens,

    /// <summary>Withdraws a token.</summary>
    Untoken,

    /// <summary>Lists who waits, and who was given what.</summary>
    Enrolments,

    /// <summary>Lets a waiting node in.</summary>
    Approve,

    /// <summary>Refuses it.</summary>
    Deny,

    /// <summary>Takes the logins of nodes back. Asked again until it is in force.</summary>
    RevokeNode,

    /// <summary>Takes the logins of people and services back. Asked again until it is in force.</summary>
    RevokeCaller,
}

/// <summary>Words of the actions, as in subjects.</summary>
public static class AdminActions
{
    private static readonly string[] Words = ["token", "tokens", "untoken", "enrolments", "approve", "deny", "revoke-node", "revoke-caller"];

    public static string Name(AdminAction action) => Words[(int)action];

    public static bool TryParse(ReadOnlySpan<char> word, out AdminAction action)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            if (!word.SequenceEqual(Words[i])) continue;
            action = (AdminAction)i;
            return true;
        }

        action = default;
        return false;
    }
}
