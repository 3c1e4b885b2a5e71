using Scout.Checks.Output;

namespace Scout.Checks.Tests.Output;

public sealed class PerfUnitTests
{
    [Theory]
    [InlineData("", "", 1)]
    [InlineData("%", "percent", 1)]
    [InlineData("c", "counter", 1)]
    [InlineData("C", "celsius", 1)]
    [InlineData("°C", "celsius", 1)]
    [InlineData("F", "fahrenheit", 1)]
    [InlineData("f", "fahrenheit", 1)]
    [InlineData("°f", "fahrenheit", 1)]
    [InlineData("K", "kelvin", 1)]
    [InlineData("s", "seconds", 1)]
    [InlineData("MS", "seconds", 1e-3)]
    [InlineData("us", "seconds", 1e-6)]
    [InlineData("\u00B5s", "seconds", 1e-6)]
    [InlineData("\u03BCs", "seconds", 1e-6)]
    [InlineData("ns", "seconds", 1e-9)]
    [InlineData("m", "seconds", 60)]
    [InlineData("M", "seconds", 60)]
    [InlineData("h", "seconds", 3600)]
    [InlineData("D", "seconds", 86400)]
    [InlineData("B", "bytes", 1)]
    [InlineData("b", "bits", 1)]
    [InlineData("kB", "bytes", 1e3)]
    [InlineData("KB", "bytes", 1e3)]
    [InlineData("MB", "bytes", 1e6)]
    [InlineData("mB", "bytes", 1e6)]
    [InlineData("MiB", "bytes", 1048576)]
    [InlineData("MIB", "bytes", 1048576)]
    [InlineData("Gb", "bits", 1e9)]
    [InlineData("Kib", "bits", 1024)]
    [InlineData("TB", "bytes", 1e12)]
    [InlineData("EiB", "bytes", 1152921504606846976d)]
    [InlineData("A", "amperes", 1)]
    [InlineData("mA", "amperes", 1e-3)]
    [InlineData("MA", "amperes", 1e6)]
    [InlineData("kV", "volts", 1e3)]
    [InlineData("KV", "volts", 1e3)]
    [InlineData("uV", "volts", 1e-6)]
    [InlineData("MO", "ohms", 1e6)]
    [InlineData("W", "watts", 1)]
    [InlineData("mAh", "ampere-seconds", 3.6)]
    [InlineData("As", "ampere-seconds", 1)]
    [InlineData("kWh", "watt-hours", 1e3)]
    [InlineData("Wm", "watt-hours", 1 / 60d)]
    [InlineData("kg", "grams", 1e3)]
    [InlineData("T", "grams", 1e6)]
    [InlineData("mg", "grams", 1e-3)]
    [InlineData("ML", "litres", 1e-3)]
    [InlineData("hl", "litres", 100)]
    [InlineData("lm", "lumens", 1)]
    [InlineData("dBm", "dBm", 1)]
    [InlineData("Packets", "packets", 1)]
    [InlineData("Pa", "Pa", 1)]
    [InlineData("rpm", "rpm", 1)]
    [InlineData("m/s", "m/s", 1)]
    public void A_unit_has_its_base_and_factor(string spelling, string unit, double factor)
    {
        PerfUnit found = PerfUnit.Find(spelling);
        Assert.Equal(spelling, found.Spelling);
        Assert.Equal(unit, found.Base);
        Assert.Equal(factor, found.Factor, factor * 1e-12);
    }
}
