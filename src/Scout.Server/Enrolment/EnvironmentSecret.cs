using System.Runtime.InteropServices;

namespace Scout.Server.Enrolment;

/// <summary>A text that is never printed.</summary>
public sealed class SecretText(string text)
{
    /// <summary>The secret itself.</summary>
    public string Reveal() => text;

    /// <summary>Not the secret.</summary>
    public override string ToString() => "***";
}

/// <summary>Takes a secret out of the environment of this process: out of what children would inherit, and out of <c>/proc/PID/environ</c>.</summary>
internal static partial class EnvironmentSecret
{
    /// <summary>Removes a variable, and overwrites its text where the kernel put it. Nothing happens when it is not there.</summary>
    public static unsafe void Remove(string name)
    {
        byte* value = getenv(name);
        if (value is null) return;
        for (byte* at = value; *at != 0; at++) *at = (byte)'x';
        _ = unsetenv(name);
        Environment.SetEnvironmentVariable(name, null);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* getenv(string name);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);
}
