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
}

/// <summary>Words of the actions, as in subjects.</summary>
public static class AdminActions
{
    private static readonly string[] Words = ["token", "tokens", "untoken", "enrolments", "approve", "deny"];

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
