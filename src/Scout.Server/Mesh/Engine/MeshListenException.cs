namespace Scout.Server.Mesh.Engine;

/// <summary>The mesh cannot listen or send. The message names the port, the reason, and the key of the configuration to change.</summary>
internal sealed class MeshListenException(string message, bool taken = false) : Exception(message)
{
    /// <summary>Another process has that port.</summary>
    public bool IsTaken => taken;
}
