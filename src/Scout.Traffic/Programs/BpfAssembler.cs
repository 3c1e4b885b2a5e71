namespace Scout.Traffic.Programs;

/// <summary>
/// Writes instructions of eBPF. One instruction is a little-endian 64-bit word: opcode u8, destination (low nibble) and source (high nibble) u8, offset s16, immediate s32.
/// Jumps name labels; their offset is target minus own index minus 1.
/// </summary>
internal sealed class BpfAssembler
{
    /// <summary>The source register of a map load whose immediate is a file descriptor.</summary>
    private const byte PseudoMapFd = 1;

    private readonly List<ulong> code = [];
    private readonly Dictionary<string, int> labels = new(StringComparer.Ordinal);
    private readonly List<(int Index, string Label)> jumps = [];

    /// <exception cref="InvalidOperationException">The label exists.</exception>
    public BpfAssembler Label(string name)
    {
        if (!labels.TryAdd(name, code.Count)) throw new InvalidOperationException($"the label '{name}' is defined twice");
        return this;
    }

    public BpfAssembler Move(Register to, Register from) => Emit(0xbf, to, from, 0, 0);

    public BpfAssembler Move(Register to, int value) => Emit(0xb7, to, Register.R0, 0, value);

    public BpfAssembler Add(Register to, Register from) => Emit(0x0f, to, from, 0, 0);

    public BpfAssembler Add(Register to, int value) => Emit(0x07, to, Register.R0, 0, value);

    public BpfAssembler And(Register to, int value) => Emit(0x57, to, Register.R0, 0, value);

    public BpfAssembler Load(Width width, Register to, Register from, int offset) => Emit((byte)(0x61 | (byte)width), to, from, offset, 0);

    public BpfAssembler Store(Width width, Register to, int offset, Register from) => Emit((byte)(0x63 | (byte)width), to, from, offset, 0);

    public BpfAssembler Store(Width width, Register to, int offset, int value) => Emit((byte)(0x62 | (byte)width), to, Register.R0, offset, value);

    public BpfAssembler AtomicAdd(Register to, int offset, Register from) => Emit(0xdb, to, from, offset, 0);

    public BpfAssembler Jump(string label) => Jump(0x05, Register.R0, Register.R0, 0, label);

    public BpfAssembler JumpIfEqual(Register left, int value, string label) => Jump(0x15, left, Register.R0, value, label);

    public BpfAssembler JumpIfNotEqual(Register left, int value, string label) => Jump(0x55, left, Register.R0, value, label);

    /// <summary>Unsigned.</summary>
    public BpfAssembler JumpIfLessOrEqual(Register left, Register right, string label) => Jump(0xbd, left, right, 0, label);

    public BpfAssembler Call(Helper helper) => Emit(0x85, Register.R0, Register.R0, 0, (int)helper);

    public BpfAssembler Exit() => Emit(0x95, Register.R0, Register.R0, 0, 0);

    /// <summary>Two slots: the kernel puts the map's address there.</summary>
    public BpfAssembler LoadMap(Register to, int fd) => Emit(0x18, to, (Register)PseudoMapFd, 0, fd).Emit(0, Register.R0, Register.R0, 0, 0);

    /// <exception cref="InvalidOperationException">A label is missing, or too far away for 16 bits.</exception>
    public ulong[] Build()
    {
        ulong[] result = [.. code];
        foreach ((int index, string label) in jumps)
        {
            if (!labels.TryGetValue(label, out int target)) throw new InvalidOperationException($"the label '{label}' is used by instruction {index}, and not defined");
            result[index] |= (ulong)(ushort)Offset(target - index - 1, index) << 16;
        }

        return result;
    }

    private static short Offset(int offset, int index) => offset is >= short.MinValue and <= short.MaxValue
        ? (short)offset
        : throw new InvalidOperationException($"instruction {index} has the offset {offset}, and 16 bits hold no more than {short.MinValue} to {short.MaxValue}");

    private BpfAssembler Jump(byte opcode, Register left, Register right, int value, string label)
    {
        jumps.Add((code.Count, label));
        return Emit(opcode, left, right, 0, value);
    }

    private BpfAssembler Emit(byte opcode, Register to, Register from, int offset, int value)
    {
        code.Add(opcode | (ulong)((byte)to | (byte)from << 4) << 8 | (ulong)(ushort)Offset(offset, code.Count) << 16 | (ulong)(uint)value << 32);
        return this;
    }
}
