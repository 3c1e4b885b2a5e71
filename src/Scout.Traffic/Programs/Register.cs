namespace Scout.Traffic.Programs;

/// <summary>The registers of the kernel's virtual machine. R0 is the result, R1 to R5 are arguments and lost in a call, R6 to R9 stay.</summary>
internal enum Register : byte
{
    R0 = 0,
    R1 = 1,
    R2 = 2,
    R3 = 3,
    R4 = 4,
    R5 = 5,
    R6 = 6,
    R7 = 7,
    R8 = 8,
    R9 = 9,

    /// <summary>The read-only end of the stack.</summary>
    Frame = 10,
}

/// <summary>How much a load or a store moves: the size bits of an opcode.</summary>
internal enum Width : byte
{
    Word = 0x00,
    Half = 0x08,
    Byte = 0x10,
    Double = 0x18,
}
