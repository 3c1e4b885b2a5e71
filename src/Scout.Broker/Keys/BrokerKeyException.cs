namespace Scout.Broker.Keys;

/// <summary>A key, an account or a trust document that is missing, damaged, or may not be used here.</summary>
internal sealed class BrokerKeyException : Exception
{
    public BrokerKeyException(string message, string hint = "", Exception? inner = null)
        : base(message, inner) => Hint = hint;

    /// <summary>What to do about it; may be empty.</summary>
    public string Hint { get; }

    public BrokerExit ToExit() => BrokerExit.Refused(Message, Hint);
}
