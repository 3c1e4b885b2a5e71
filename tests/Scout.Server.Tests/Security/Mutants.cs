using System.Text;

namespace Scout.Server.Tests.Security;

/// <summary>Spoils a JSON document: by its bytes, or by its structure so that it is still JSON.</summary>
internal static class Mutants
{
    private static readonly string[] Values =
        ["null", "true", "-1", "1e400", "0.5", "9999999999999999999", "\"\"", "[]", "{}", "[[[[[[[[[[1]]]]]]]]]]", "\"../../etc\"", "\"$(id)\"", "\"*\"", "\"\\u0000\"", "\"\\ud800\"", "NaN", "\"x\" \"y\""];

    /// <summary>Another document than the one given, as a rule.</summary>
    public static byte[] Of(Random random, byte[] json)
    {
        byte[] made = json;
        for (int times = random.Next(1, 4); times > 0; times--) made = random.Next(2) == 0 ? Bytes(random, made) : Structure(random, made);
        return made;
    }

    private static byte[] Bytes(Random random, byte[] json)
    {
        if (json.Length == 0) return json;
        int at = random.Next(json.Length);
        switch (random.Next(5))
        {
            case 0:
                byte[] flipped = [.. json];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return [.. json[..at], .. json[(at + 1)..]];
            case 2:
                return [.. json[..at], (byte)random.Next(256), .. json[at..]];
            case 3:
                return json[..at];
            default:
                int length = Math.Min(json.Length - at, random.Next(1, 12));
                return [.. json[..(at + length)], .. json[at..]];
        }
    }

    // A value becomes another one, or a pair is there once more, or has another name.
    private static byte[] Structure(Random random, byte[] json)
    {
        string text = Encoding.Latin1.GetString(json);
        int[] colons = [.. Enumerable.Range(0, text.Length).Where(place => text[place] == ':')];
        if (colons.Length == 0) return json;
        int colon = colons[random.Next(colons.Length)];
        int end = text.IndexOfAny([',', '}'], colon);
        int begin = text.LastIndexOf('"', Math.Max(0, colon - 2));
        if (end < 0 || begin < 0 || begin >= colon) return json;
        string name = text[begin..colon];
        string made = random.Next(3) switch
        {
            0 => text[..(colon + 1)] + Values[random.Next(Values.Length)] + text[end..],
            1 => text[..begin] + name + ":" + Values[random.Next(Values.Length)] + "," + text[begin..],
            _ => text[..begin] + "\"command\"" + text[colon..],
        };
        return Encoding.Latin1.GetBytes(made);
    }
}
