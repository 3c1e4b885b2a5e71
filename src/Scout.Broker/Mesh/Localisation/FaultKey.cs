namespace Scout.Broker.Mesh.Localisation;

/// <summary>By what a fault was found.</summary>
public enum FaultClass : byte
{
    /// <summary>Lost probes.</summary>
    Loss,

    /// <summary>Round trips longer than usual.</summary>
    Latency,

    /// <summary>Small packets pass, full-size ones do not.</summary>
    FullSize,

    /// <summary>A node whose messages stopped while it answers probes.</summary>
    BrokerLink,
}

/// <summary>What makes two verdicts one fault.</summary>
public readonly record struct FaultKey(FaultClass Class, Component Component);

/// <summary>A verdict of some class.</summary>
public readonly record struct Finding(FaultClass Class, Verdict Verdict)
{
    public FaultKey Key => new(Class, Verdict.Component);
}
