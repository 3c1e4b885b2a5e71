using Scout.Machines;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Server.Store.Encoding;

/// <summary>The last result of a check inside a machine's record.</summary>
internal static class LastResultCodec
{
    public static void Write(FieldWriter to, int field, LastResult result)
    {
        int start = to.Begin(field);
        if (result.Status != CheckStatus.Ok) to.Varint(1, (ulong)result.Status);
        to.SomeText(2, result.Reason);
        to.SomeText(3, result.Output);
        to.SomeText(4, result.LongOutput);
        foreach (var datum in result.PerfData) WriteDatum(to, datum);
        if (result.ExitCode is { } code) to.Signed(6, code);
        to.Time(7, result.StartedAt);
        if (result.Duration != TimeSpan.Zero) to.Signed(8, result.Duration.Ticks);
        to.End(start);
    }

    public static LastResult Read(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        var result = new LastResult { Status = CheckStatus.Ok, Reason = "", Output = "" };
        List<PerfDatum>? data = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: result = result with { Status = MachineRecordCodec.Status(reader.Number) }; break;
                case 2: result = result with { Reason = reader.Text }; break;
                case 3: result = result with { Output = reader.Text }; break;
                case 4: result = result with { LongOutput = reader.Text }; break;
                case 5: (data ??= []).Add(ReadDatum(reader.Bytes)); break;
                case 6: result = result with { ExitCode = (int)reader.Signed }; break;
                case 7: result = result with { StartedAt = reader.Time }; break;
                case 8: result = result with { Duration = new TimeSpan(reader.Signed) }; break;
                default: break;
            }
        }

        return data is null ? result : result with { PerfData = data };
    }

    private static void WriteDatum(FieldWriter to, PerfDatum datum)
    {
        int start = to.Begin(5);
        to.SomeText(1, datum.Label);
        if (datum.Value is { } value) to.Fixed64(2, BitConverter.DoubleToUInt64Bits(value));
        to.SomeText(3, datum.Unit);
        to.SomeText(4, datum.Raw);
        to.End(start);
    }

    private static PerfDatum ReadDatum(ReadOnlySpan<byte> body)
    {
        var reader = new FieldReader(body);
        string label = "";
        string unit = "";
        string raw = "";
        double? value = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: label = reader.Text; break;
                case 2: value = BitConverter.UInt64BitsToDouble(reader.Number); break;
                case 3: unit = reader.Text; break;
                case 4: raw = reader.Text; break;
                default: break;
            }
        }

        return new PerfDatum(label, value, unit, raw);
    }
}
