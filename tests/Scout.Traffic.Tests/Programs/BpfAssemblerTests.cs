using Scout.Traffic.Programs;

namespace Scout.Traffic.Tests.Programs;

public sealed class BpfAssemblerTests
{
    public static TheoryData<string, ulong> Encodings => new()
    {
        { "r6 = r1", 0x0000_0000_0000_16bf },
        { "r0 = 1", 0x0000_0001_0000_00b7 },
        { "r1 += r2", 0x0000_0000_0000_210f },
        { "r3 += -104", 0xffff_ff98_0000_0307 },
        { "r1 &= 0xff1f", 0x0000_ff1f_0000_0157 },
        { "r7 = word r6+16", 0x0000_0000_0010_6761 },
        { "r7 = half r8+22", 0x0000_0000_0016_8769 },
        { "r9 = byte r8+9", 0x0000_0000_0009_8971 },
        { "r1 = double r10-8", 0x0000_0000_fff8_a179 },
        { "word r10-12 = r1", 0x0000_0000_fff4_1a63 },
        { "half r10-8 = r7", 0x0000_0000_fff8_7a6b },
        { "byte r10-6 = r9", 0x0000_0000_fffa_9a73 },
        { "double r10-40 = r0", 0x0000_0000_ffd8_0a7b },
        { "word r10-16 = 0xffff0000", 0xffff_0000_fff0_0a62 },
        { "double r10-24 = 0", 0x0000_0000_ffe8_0a7a },
        { "lock r0+8 += r1", 0x0000_0000_0008_10db },
        { "call 26", 0x0000_001a_0000_0085 },
        { "exit", 0x0000_0000_0000_0095 },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Each_instruction_has_the_kernels_encoding(string text, ulong expected)
    {
        var a = new BpfAssembler();
        _ = text switch
        {
            "r6 = r1" => a.Move(Register.R6, Register.R1),
            "r0 = 1" => a.Move(Register.R0, 1),
            "r1 += r2" => a.Add(Register.R1, Register.R2),
            "r3 += -104" => a.Add(Register.R3, -104),
            "r1 &= 0xff1f" => a.And(Register.R1, 0xff1f),
            "r7 = word r6+16" => a.Load(Width.Word, Register.R7, Register.R6, 16),
            "r7 = half r8+22" => a.Load(Width.Half, Register.R7, Register.R8, 22),
            "r9 = byte r8+9" => a.Load(Width.Byte, Register.R9, Register.R8, 9),
            "r1 = double r10-8" => a.Load(Width.Double, Register.R1, Register.Frame, -8),
            "word r10-12 = r1" => a.Store(Width.Word, Register.Frame, -12, Register.R1),
            "half r10-8 = r7" => a.Store(Width.Half, Register.Frame, -8, Register.R7),
            "byte r10-6 = r9" => a.Store(Width.Byte, Register.Frame, -6, Register.R9),
            "double r10-40 = r0" => a.Store(Width.Double, Register.Frame, -40, Register.R0),
            "word r10-16 = 0xffff0000" => a.Store(Width.Word, Register.Frame, -16, unchecked((int)0xffff0000)),
            "double r10-24 = 0" => a.Store(Width.Double, Register.Frame, -24, 0),
            "lock r0+8 += r1" => a.AtomicAdd(Register.R0, 8, Register.R1),
            "call 26" => a.Call(Helper.LoadBytes),
            _ => a.Exit(),
        };
        Assert.Equal([expected], a.Build());
    }

    [Fact]
    public void A_map_load_takes_two_slots() =>
        Assert.Equal([0x0000_0007_0000_1118, 0], new BpfAssembler().LoadMap(Register.R1, 7).Build());

    [Fact]
    public void Jumps_count_from_the_instruction_behind_them() =>
        Assert.Equal(
            [0x0000_0000_0002_0005, 0x0000_0008_0001_0715, 0x0000_0001_0000_0655, 0x0000_0000_ffff_23bd],
            new BpfAssembler().Jump("end").JumpIfEqual(Register.R7, 8, "end").JumpIfNotEqual(Register.R6, 1, "end").Label("end")
                .JumpIfLessOrEqual(Register.R3, Register.R2, "end").Build());

    [Fact]
    public void A_label_must_be_there_once()
    {
        Assert.Contains("'away' is used by instruction 0", Assert.Throws<InvalidOperationException>(() => new BpfAssembler().Jump("away").Build()).Message, StringComparison.Ordinal);
        Assert.Contains("'here' is defined twice", Assert.Throws<InvalidOperationException>(() => new BpfAssembler().Label("here").Label("here")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_offset_must_fit_into_16_bits()
    {
        BpfAssembler a = new BpfAssembler().Jump("far");
        for (int i = 0; i <= short.MaxValue; i++) a.Exit();
        Assert.Throws<InvalidOperationException>(() => a.Label("far").Build());
        Assert.Throws<InvalidOperationException>(() => new BpfAssembler().Load(Width.Word, Register.R1, Register.R2, 40_000));
    }
}
