namespace Scout.Traffic.Kernel;

/// <summary>The way into the kernel: <see cref="LinuxBpf"/>, or a fake of the tests.</summary>
internal unsafe interface IBpfCalls
{
    /// <summary>One <c>bpf(2)</c>.</summary>
    /// <returns>The result; minus the error number when it failed.</returns>
    int Call(BpfCommand command, void* attributes, int size);

    void Close(int fd);
}
