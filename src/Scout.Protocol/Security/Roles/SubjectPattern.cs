namespace Scout.Protocol.Security.Roles;

/// <summary>Whether a right covers a subject, as nats-server decides it.</summary>
public static class SubjectPattern
{
    /// <summary>True when everything that <paramref name="subject"/> may stand for lies in <paramref name="pattern"/>.</summary>
    /// <param name="pattern">A right: <c>*</c> stands for one token, <c>&gt;</c> at its end for one or more.</param>
    /// <param name="subject">Of a message, or of a subscription with wildcards of its own.</param>
    public static bool Covers(string pattern, string subject)
    {
        string[] may = pattern.Split('.');
        string[] asked = subject.Split('.');
        for (int i = 0; i < may.Length; i++)
        {
            if (may[i] == ">") return asked.Length > i;
            if (i >= asked.Length || asked[i] == ">") return false;
            if (may[i] != "*" && may[i] != asked[i]) return false;
        }

        return asked.Length == may.Length;
    }

    /// <summary>A subject that the pattern covers, with a word in the place of each wildcard.</summary>
    public static string Example(string pattern, string word) => string.Join('.', pattern.Split('.').Select(token => token is "*" or ">" ? word : token));
}
