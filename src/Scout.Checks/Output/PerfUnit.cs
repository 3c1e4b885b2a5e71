namespace Scout.Checks.Output;

/// <summary>A unit of measurement: how it is printed, what it is measured in, and the factor between (plugins.md section 5).</summary>
/// <param name="Spelling">As printed.</param>
/// <param name="Base">Base unit; empty for a plain number, the spelling itself when the unit is unknown.</param>
/// <param name="Factor">From the printed to the base unit.</param>
public readonly record struct PerfUnit(string Spelling, string Base, double Factor)
{
    private static readonly Dictionary<string, PerfUnit> Exact = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, PerfUnit> AnyCase = new(StringComparer.OrdinalIgnoreCase);

    static PerfUnit()
    {
        Add("%", "percent", 1);
        Add("c", "counter", 1);
        AddTime();
        AddBytes();
        AddElectric();
        AddAnyCase("ng", "grams", 1e-9);
        AddAnyCase("ug", "grams", 1e-6);
        AddAnyCase("mg", "grams", 1e-3);
        AddAnyCase("g", "grams", 1);
        AddAnyCase("kg", "grams", 1e3);
        AddAnyCase("t", "grams", 1e6);
        AddAnyCase("ml", "litres", 1e-3);
        AddAnyCase("l", "litres", 1);
        AddAnyCase("hl", "litres", 100);
        AddAnyCase("lm", "lumens", 1);
        AddAnyCase("dbm", "dBm", 1);
        AddAnyCase("packets", "packets", 1);
        Add("C", "celsius", 1);
        Add("°C", "celsius", 1);
        AddAnyCase("f", "fahrenheit", 1);
        AddAnyCase("°F", "fahrenheit", 1);
        AddAnyCase("k", "kelvin", 1);
    }

    /// <summary>Exact spelling first, then without regard to case where that is safe; an unknown unit is its own base.</summary>
    public static PerfUnit Find(ReadOnlySpan<char> spelling)
    {
        if (spelling.IsEmpty) return new PerfUnit("", "", 1);
        if (Exact.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(spelling, out PerfUnit unit)) return unit;
        string text = spelling.ToString();
        return AnyCase.TryGetValue(text, out unit) ? unit with { Spelling = text } : new PerfUnit(text, text, 1);
    }

    private static void AddTime()
    {
        AddAnyCase("s", "seconds", 1);
        AddAnyCase("ms", "seconds", 1e-3);
        AddAnyCase("us", "seconds", 1e-6);
        AddAnyCase("µs", "seconds", 1e-6);
        AddAnyCase("μs", "seconds", 1e-6);
        AddAnyCase("ns", "seconds", 1e-9);
        AddAnyCase("m", "seconds", 60);
        AddAnyCase("h", "seconds", 3600);
        AddAnyCase("d", "seconds", 86400);
    }

    private static void AddBytes()
    {
        foreach ((char letter, string unit) in new[] { ('B', "bytes"), ('b', "bits") })
        {
            Add(letter.ToString(), unit, 1);
            double decimals = 1;
            double binary = 1;
            foreach (char prefix in "kmgtpezy")
            {
                decimals *= 1000;
                binary *= 1024;
                foreach (char spelled in new[] { prefix, char.ToUpperInvariant(prefix) })
                {
                    Add($"{spelled}{letter}", unit, decimals);
                    Add($"{spelled}i{letter}", unit, binary);
                    Add($"{spelled}I{letter}", unit, binary);
                }
            }
        }
    }

    private static void AddElectric()
    {
        (string Prefix, double Factor)[] prefixes =
        [
            ("", 1), ("n", 1e-9), ("N", 1e-9), ("u", 1e-6), ("U", 1e-6), ("m", 1e-3), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("g", 1e9), ("G", 1e9),
            ("t", 1e12), ("T", 1e12), ("p", 1e15), ("P", 1e15), ("e", 1e18), ("E", 1e18), ("z", 1e21), ("Z", 1e21), ("y", 1e24), ("Y", 1e24),
        ];
        foreach ((string prefix, double factor) in prefixes)
        {
            Add(prefix + "A", "amperes", factor);
            Add(prefix + "O", "ohms", factor);
            Add(prefix + "V", "volts", factor);
            Add(prefix + "W", "watts", factor);
            foreach ((string time, double seconds) in new[] { ("s", 1d), ("m", 60d), ("h", 3600d) })
            {
                Add(prefix + "A" + time, "ampere-seconds", factor * seconds);
                Add(prefix + "W" + time, "watt-hours", factor * seconds / 3600);
            }
        }
    }

    private static void Add(string spelling, string unit, double factor) => Exact.Add(spelling, new PerfUnit(spelling, unit, factor));

    private static void AddAnyCase(string spelling, string unit, double factor)
    {
        Add(spelling, unit, factor);
        // U+00B5 and U+03BC share their capital, so the second of them is already there without regard to case.
        AnyCase.TryAdd(spelling, new PerfUnit(spelling, unit, factor));
    }
}
